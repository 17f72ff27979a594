#include "ui/windows/caption_window.h"

#include "ui/style/icons.h"
#include "ui/style/theme.h"

#include <QKeyEvent>
#include <QSettings>
#include <QVBoxLayout>

namespace livegloss::ui {

namespace {

const QString captionGeometryKey = QStringLiteral("window/captionGeometry");

} // namespace

CaptionWindow::CaptionWindow(Preferences& preferences, QWidget* parent)
    : QWidget(parent, Qt::Window | Qt::WindowStaysOnTopHint),
      preferences_(preferences),
      captions_(new CaptionView(this)) {
    setObjectName(QStringLiteral("captionWindow"));
    setWindowIcon(applicationIcon());
    auto* fill = new QVBoxLayout(this);
    fill->setContentsMargins(0, 0, 0, 0);
    captions_->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    fill->addWidget(captions_);
    resize(100 * grid, captions_->sizeHint().height());
    restoreGeometry(preferences_.store().value(captionGeometryKey).toByteArray());
    connect(&preferences_, &Preferences::changed, this, &CaptionWindow::applyPreferences);
    applyPreferences();
    retranslate();
}

void CaptionWindow::applyPreferences() {
    captions_->setTextStyle(preferences_.values());
}

void CaptionWindow::closeEvent(QCloseEvent* event) {
    QWidget::closeEvent(event);
    Q_EMIT closed();
}

void CaptionWindow::hideEvent(QHideEvent* event) {
    preferences_.store().setValue(captionGeometryKey, saveGeometry());
    QWidget::hideEvent(event);
}

void CaptionWindow::showEvent(QShowEvent* event) {
    resize(width(), std::max(height(), captions_->sizeHint().height()));
    QWidget::showEvent(event);
}

void CaptionWindow::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape || event->key() == Qt::Key_F10) {
        close();
        return;
    }
    QWidget::keyPressEvent(event);
}

void CaptionWindow::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        retranslate();
    }
    QWidget::changeEvent(event);
}

void CaptionWindow::retranslate() {
    setWindowTitle(tr("Captions – LiveGloss"));
    captions_->setPlaceholder(tr("Captions appear here. Escape closes this window."));
}

} // namespace livegloss::ui
