#include "ui/widgets/camera_sign.h"

#include "ui/style/icons.h"
#include "ui/style/theme.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>

namespace livegloss::ui {

CameraSign::CameraSign(QWidget* parent) : QWidget(parent), icon_(new QLabel(this)), text_(new QLabel(this)) {
    setObjectName(QStringLiteral("cameraSign"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(grid);
    row->addWidget(icon_);
    row->addWidget(text_);
    setVisible(false);
    retranslate();
}

void CameraSign::setOn(bool on) {
    on_ = on;
    setVisible(on);
    paintIcon();
}

void CameraSign::paintIcon() {
    icon_->setPixmap(iconPixmap(QStringLiteral("camera"), 20, devicePixelRatioF(), themeColours(palette()).error));
}

void CameraSign::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        retranslate();
    } else if (event->type() == QEvent::PaletteChange) {
        paintIcon();
    }
    QWidget::changeEvent(event);
}

void CameraSign::retranslate() {
    text_->setText(tr("Camera on"));
    setToolTip(tr("The camera is on. Nothing is recorded."));
    setAccessibleName(text_->text());
}

} // namespace livegloss::ui
