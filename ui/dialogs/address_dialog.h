#pragma once

#include <QDialog>

class QLabel;
class QLineEdit;
class QPushButton;

namespace livegloss::ui {

/// Asks for the address of a network stream; says in place what is wrong with it.
class AddressDialog final : public QDialog {
    Q_OBJECT
public:
    explicit AddressDialog(QWidget* parent);
    QString address() const;

private:
    void check();

    QLineEdit* edit_;
    QLabel* note_;
    QPushButton* open_;
};

} // namespace livegloss::ui
