#include "ui/attention/attention_tour.h"

#include "ui/style/theme.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

#include <algorithm>

namespace livegloss::ui {

namespace {
constexpr int stepCount = 4;
}

int AttentionTour::steps() {
    return stepCount;
}

AttentionTour::AttentionTour(QWidget* parent)
    : QFrame(parent),
      title_(new QLabel(this)),
      text_(new QLabel(this)),
      place_(new QLabel(this)),
      skip_(new QPushButton(this)),
      back_(new QPushButton(this)),
      next_(new QPushButton(this)) {
    setObjectName(QStringLiteral("attentionTour"));
    title_->setProperty("role", QStringLiteral("heading"));
    title_->setWordWrap(true);
    text_->setWordWrap(true);
    place_->setProperty("role", QStringLiteral("muted"));
    next_->setProperty("primary", true);
    skip_->setObjectName(QStringLiteral("tourSkip"));
    back_->setObjectName(QStringLiteral("tourBack"));
    next_->setObjectName(QStringLiteral("tourNext"));
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(grid);
    buttons->addWidget(place_);
    buttons->addStretch();
    buttons->addWidget(skip_);
    buttons->addWidget(back_);
    buttons->addWidget(next_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * grid, grid + grid / 2, 2 * grid, grid + grid / 2);
    column->setSpacing(grid);
    column->addWidget(title_);
    column->addWidget(text_);
    column->addLayout(buttons);
    connect(skip_, &QPushButton::clicked, this, &AttentionTour::finished);
    connect(back_, &QPushButton::clicked, this, [this] { turnTo(step_ - 1); });
    connect(next_, &QPushButton::clicked, this, [this] {
        if (step_ + 1 == stepCount) {
            Q_EMIT finished();
        } else {
            turnTo(step_ + 1);
        }
    });
    retranslate();
}

void AttentionTour::restart() {
    turnTo(0);
}

void AttentionTour::turnTo(int step) {
    step_ = std::clamp(step, 0, stepCount - 1);
    retranslate();
}

void AttentionTour::retranslate() {
    const QString titles[stepCount] = {tr("The network sees patches"), tr("Bright means weighed more"),
                                       tr("Before and after adaptation"), tr("Look, but do not conclude")};
    const QString texts[stepCount] = {
        tr("The frame is cut into small squares. What lies outside the bright window is never seen. Click a square to "
           "ask where it looks; the arrow keys move the red box."),
        tr("The colours show how attention is shared out. The bar below gives the numbers. With the scale per clip, "
           "frames can be compared with one another."),
        tr("“Frozen beside AdaptSign” shows the image model before and after it learnt signs. “Across frames” shows "
           "what a frame takes from its neighbours."),
        tr("Attention says what was weighed, not why a gloss was chosen. A bright hand is a hint for a question, not "
           "an answer."),
    };
    title_->setText(titles[step_]);
    text_->setText(texts[step_]);
    place_->setText(tr("%1 of %2").arg(step_ + 1).arg(stepCount));
    skip_->setText(tr("Skip"));
    back_->setText(tr("Back"));
    next_->setText(step_ + 1 == stepCount ? tr("Done") : tr("Next"));
    skip_->setVisible(step_ == 0);
    back_->setVisible(step_ > 0);
}

void AttentionTour::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        retranslate();
    }
    QFrame::changeEvent(event);
}

} // namespace livegloss::ui
