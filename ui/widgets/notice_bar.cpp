#include "ui/widgets/notice_bar.h"

#include "ui/style/icons.h"
#include "ui/style/theme.h"

#include <QAction>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

namespace livegloss::ui {

NoticeBar::NoticeBar(QWidget* parent)
    : QFrame(parent), icon_(new QLabel(this)), text_(new QLabel(this)), button_(new QPushButton(this)) {
    setObjectName(QStringLiteral("noticeBar"));
    text_->setWordWrap(true);
    text_->setTextFormat(Qt::PlainText);
    button_->setObjectName(QStringLiteral("noticeButton"));
    button_->setFocusPolicy(Qt::NoFocus);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(2 * grid, grid, grid, grid);
    row->setSpacing(grid);
    row->addWidget(icon_, 0, Qt::AlignVCenter);
    row->addWidget(text_, 1);
    row->addWidget(button_);
    setVisible(false);
    connect(button_, &QPushButton::clicked, this, [this] {
        if (action_ != nullptr) {
            action_->trigger();
        }
    });
}

void NoticeBar::setNotice(const QString& text, const QString& buttonText, QAction* action) {
    if (text == text_->text() && buttonText == button_->text() && action == action_) {
        return;
    }
    action_ = action;
    text_->setText(text);
    button_->setText(buttonText);
    button_->setToolTip(action != nullptr ? action->toolTip() : QString());
    button_->setVisible(action != nullptr);
    button_->setFocusPolicy(action != nullptr ? Qt::StrongFocus : Qt::NoFocus);
    icon_->setPixmap(iconPixmap(QStringLiteral("warning"), 20, devicePixelRatioF(), themeColours(palette()).warning));
    setVisible(!text.isEmpty());
}

QString NoticeBar::text() const {
    return text_->text();
}

void NoticeBar::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        icon_->setPixmap(
            iconPixmap(QStringLiteral("warning"), 20, devicePixelRatioF(), themeColours(palette()).warning));
    }
    QFrame::changeEvent(event);
}

} // namespace livegloss::ui
