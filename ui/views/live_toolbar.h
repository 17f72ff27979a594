#pragma once

#include "ui/actions/live_actions.h"

#include <QWidget>

#include <vector>

class QMenu;
class QSlider;
class QToolButton;

namespace livegloss::ui {

/// Source, model, and what is shown of them.
class LiveToolbar final : public QWidget {
    Q_OBJECT
public:
    LiveToolbar(const LiveActions& actions, QMenu* sources, QMenu* models, QWidget* parent = nullptr);

    void setSourceName(const QString& name);
    void setModelName(const QString& name);
    void setAttentionStrength(int percent);
    QSlider* strength() { return strength_; }
    QToolButton* sourceButton() { return source_; }
    /// Buttons of the window's own, at the right end.
    void addWindowAction(QAction* action);
    /// With icons alone: the bar never widens the window for its words.
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void attentionStrengthChanged(int percent);

protected:
    bool event(QEvent* event) override;
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void retranslate();
    void updateNames();
    void fitWords();
    int widthOfIcons() const;

    QToolButton* source_;
    QToolButton* model_;
    QSlider* strength_;
    std::vector<QToolButton*> worded_; ///< those with words beside their icons; the first gives them up first
    QString sourceName_;
    QString modelName_;
};

} // namespace livegloss::ui
