#pragma once

#include <QFrame>

class QAction;
class QLabel;
class QPushButton;

namespace livegloss::ui {

/// One line above the video for something that stays true until it is dealt with, with the button that does it.
class NoticeBar final : public QFrame {
    Q_OBJECT
public:
    explicit NoticeBar(QWidget* parent = nullptr);
    /// An empty text hides the bar.
    void setNotice(const QString& text, const QString& buttonText = {}, QAction* action = nullptr);
    QString text() const;

protected:
    void changeEvent(QEvent* event) override;

private:
    QLabel* icon_;
    QLabel* text_;
    QPushButton* button_;
    QAction* action_ = nullptr;
};

} // namespace livegloss::ui
