#include "ui/dialogs/address_dialog.h"

#include "ui/style/theme.h"

#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QUrl>
#include <QVBoxLayout>

namespace livegloss::ui {

AddressDialog::AddressDialog(QWidget* parent)
    : QDialog(parent), edit_(new QLineEdit(this)), note_(new QLabel(this)), open_(new QPushButton(tr("Open"), this)) {
    setObjectName(QStringLiteral("addressDialog"));
    setWindowTitle(tr("Network Stream"));
    auto* label = new QLabel(tr("&Address of the stream"), this);
    label->setBuddy(edit_);
    edit_->setObjectName(QStringLiteral("address"));
    edit_->setPlaceholderText(QStringLiteral("rtsp://192.168.1.20/live"));
    edit_->setAccessibleName(tr("Address of the stream"));
    edit_->setMinimumWidth(52 * grid);
    note_->setProperty("role", QStringLiteral("muted"));
    note_->setWordWrap(true);
    auto* cancel = new QPushButton(tr("Cancel"), this);
    open_->setDefault(true);
    open_->setProperty("primary", true);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(grid);
    buttons->addStretch();
    buttons->addWidget(cancel);
    buttons->addWidget(open_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(3 * grid, 3 * grid, 3 * grid, 3 * grid);
    column->setSpacing(grid);
    column->addWidget(label);
    column->addWidget(edit_);
    column->addWidget(note_);
    column->addSpacing(grid);
    column->addLayout(buttons);
    connect(edit_, &QLineEdit::textChanged, this, &AddressDialog::check);
    connect(open_, &QPushButton::clicked, this, &QDialog::accept);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    check();
}

QString AddressDialog::address() const {
    return edit_->text().trimmed();
}

void AddressDialog::check() {
    const QUrl url(address());
    const QString scheme = url.scheme().toLower();
    const QStringList schemes{QStringLiteral("http"), QStringLiteral("https"), QStringLiteral("rtsp"),
                              QStringLiteral("rtsps")};
    const bool valid = schemes.contains(scheme) && !url.host().isEmpty();
    open_->setEnabled(valid);
    note_->setText(
        address().isEmpty() || valid
            ? tr("http and https (Motion JPEG), rtsp or rtsps. The picture is only received; nothing is sent.")
            : tr("An address begins with http://, https://, rtsp:// or rtsps:// and names a computer."));
}

} // namespace livegloss::ui
