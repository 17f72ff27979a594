#pragma once

#include <QLabel>

namespace livegloss::ui {

/// One line of text that gives way: cut with an ellipsis where room is short, whole in its tooltip then.
class ElidedLabel final : public QLabel {
    Q_OBJECT
public:
    explicit ElidedLabel(QWidget* parent = nullptr);
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;
};

} // namespace livegloss::ui
