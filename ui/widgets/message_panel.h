#pragma once

#include <QFrame>
#include <QString>

#include <vector>

class QAction;
class QHBoxLayout;
class QLabel;
class QProgressBar;

namespace livegloss::ui {

/// What a state of the stage says: what is the case, why, what to do, with the buttons in place.
struct Message {
    struct Button {
        QString text;
        QAction* action = nullptr;
    };
    QString icon;
    QString title;
    QString reason;
    QString advice;
    std::vector<Button> buttons; ///< the first is the one to take
    bool busy = false;           ///< something is under way
    bool isError = false;
    QString detail = {}; ///< facts in English, for whoever looks into it
};

/// A card in the middle of the video area for empty, waiting and error states.
class MessagePanel final : public QFrame {
    Q_OBJECT
public:
    explicit MessagePanel(QWidget* parent = nullptr);
    void show(const Message& message);
    /// Takes the width that suits reading and the height that its text needs, in the middle of `area`.
    void placeIn(const QRect& area);
    const Message& message() const { return message_; }

protected:
    bool event(QEvent* event) override;

private:
    void makeButtons();
    void paintIcon();

    Message message_;
    QLabel* icon_;
    QLabel* title_;
    QLabel* reason_;
    QLabel* advice_;
    QLabel* detail_;
    QProgressBar* progress_;
    QHBoxLayout* buttons_;
};

} // namespace livegloss::ui
