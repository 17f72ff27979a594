#pragma once

#include "ui/actions/live_actions.h"

#include <QWidget>

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

Q_SIGNALS:
    void attentionStrengthChanged(int percent);

protected:
    void changeEvent(QEvent* event) override;

private:
    void retranslate();
    void updateNames();

    QToolButton* source_;
    QToolButton* model_;
    QSlider* strength_;
    QString sourceName_;
    QString modelName_;
};

} // namespace livegloss::ui
