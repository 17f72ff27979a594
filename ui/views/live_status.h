#pragma once

#include "session/live_session.h"

#include <QElapsedTimer>
#include <QTimer>
#include <QWidget>

class QLabel;

namespace livegloss::ui {

class ElidedLabel;

/// The figures of a running session in the status line: rates, delay, dropped frames, device, the model, and what goes
/// wrong. Figures change four times a second at most, so that they can be read.
class LiveStatus final : public QWidget {
    Q_OBJECT
public:
    explicit LiveStatus(QWidget* parent = nullptr);

    void setSnapshot(const session::Snapshot& snapshot, bool hasModel);
    void setModelLine(const QString& text);
    /// A status tip in place of the model line; empty to end it.
    void setTip(const QString& tip);
    /// As a tip, for some seconds.
    void showMessage(const QString& text);
    QString warning() const;
    QString modelLine() const { return modelLine_; }

protected:
    void changeEvent(QEvent* event) override;

private:
    void refresh();
    struct Warning {
        QString text;
        QString explanation;
    };
    Warning presentWarning() const;
    void refreshWarning();
    void showLine();
    void retranslate();

    session::Snapshot snapshot_;
    bool hasModel_ = false;
    QElapsedTimer sinceRefresh_;
    QLabel* source_;
    QLabel* encoded_;
    QLabel* delay_;
    QLabel* dropped_;
    QLabel* device_;
    QLabel* warningIcon_;
    ElidedLabel* warning_;
    ElidedLabel* model_;
    QString modelLine_;
    QString tip_;
    QTimer messageEnd_;
};

} // namespace livegloss::ui
