#include "ui/widgets/hint_card.h"

#include "ui/style/icons.h"
#include "ui/style/theme.h"

#include <QEvent>
#include <QGridLayout>
#include <QLabel>
#include <QToolButton>

namespace livegloss::ui {

HintCard::HintCard(QWidget* parent) : QFrame(parent), title_(new QLabel(this)), close_(new QToolButton(this)) {
    setObjectName(QStringLiteral("hintCard"));
    title_->setProperty("role", QStringLiteral("heading"));
    close_->setIcon(icon(QStringLiteral("close")));
    close_->setIconSize({16, 16});
    close_->setObjectName(QStringLiteral("dismissHints"));
    connect(close_, &QToolButton::clicked, this, &HintCard::dismissed);
    auto* rows = new QGridLayout(this);
    rows->setContentsMargins(2 * grid, grid, grid, 2 * grid);
    rows->setHorizontalSpacing(grid);
    rows->setVerticalSpacing(grid);
    rows->addWidget(title_, 0, 0, 1, 2);
    rows->addWidget(close_, 0, 2, Qt::AlignRight);
    for (int row = 0; row < hintCount; ++row) {
        icons_[row] = new QLabel(this);
        hints_[row] = new QLabel(this);
        hints_[row]->setWordWrap(true);
        rows->addWidget(icons_[row], row + 1, 0, Qt::AlignTop);
        rows->addWidget(hints_[row], row + 1, 1, 1, 2, Qt::AlignTop);
    }
    rows->setColumnStretch(1, 1);
    retranslate();
}

void HintCard::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange || event->type() == QEvent::PaletteChange) {
        retranslate();
    }
    QFrame::changeEvent(event);
}

void HintCard::retranslate() {
    const QColor colour = themeColours(palette()).accent;
    const char* names[hintCount] = {"captions", "attention", "source"};
    const QString texts[hintCount] = {
        tr("Dotted glosses may still change; solid ones stay."),
        tr("Bright patches show where the network looks. A switches them off."),
        tr("Choose your own video or camera with Source, or drop a file here."),
    };
    for (int row = 0; row < hintCount; ++row) {
        icons_[row]->setPixmap(iconPixmap(QString::fromLatin1(names[row]), 20, devicePixelRatioF(), colour));
        hints_[row]->setText(texts[row]);
    }
    title_->setText(tr("First steps"));
    close_->setToolTip(tr("Do not show these hints again"));
    close_->setAccessibleName(tr("Dismiss hints"));
}

} // namespace livegloss::ui
