#pragma once

#include "ui/settings/preferences.h"
#include "ui/widgets/caption_view.h"

#include <QWidget>

namespace livegloss::ui {

/// The captions alone, always on top, for presenting beside other programs. Remembers its place.
class CaptionWindow final : public QWidget {
    Q_OBJECT
public:
    explicit CaptionWindow(Preferences& preferences, QWidget* parent = nullptr);
    CaptionView* captions() { return captions_; }

Q_SIGNALS:
    void closed();

protected:
    void closeEvent(QCloseEvent* event) override;
    void hideEvent(QHideEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    void applyPreferences();
    void retranslate();

    Preferences& preferences_;
    CaptionView* captions_;
};

} // namespace livegloss::ui
