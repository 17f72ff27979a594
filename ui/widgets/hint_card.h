#pragma once

#include <QFrame>

class QLabel;
class QToolButton;

namespace livegloss::ui {

/// Three short hints for the first start, gone for good once dismissed.
class HintCard final : public QFrame {
    Q_OBJECT
public:
    explicit HintCard(QWidget* parent = nullptr);

Q_SIGNALS:
    void dismissed();

protected:
    void changeEvent(QEvent* event) override;

private:
    void retranslate();

    static constexpr int hintCount = 3;
    QLabel* title_;
    QToolButton* close_;
    QLabel* icons_[hintCount];
    QLabel* hints_[hintCount];
};

} // namespace livegloss::ui
