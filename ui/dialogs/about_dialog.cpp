#include "ui/dialogs/about_dialog.h"

#include "ui/style/icons.h"
#include "ui/style/theme.h"

#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace livegloss::ui {

AboutDialog::AboutDialog(const std::optional<ModelInfo>& model, QWidget* parent) : QDialog(parent) {
    setObjectName(QStringLiteral("aboutDialog"));
    setWindowTitle(tr("About LiveGloss"));
    auto* picture = new QLabel(this);
    picture->setPixmap(applicationIcon().pixmap(QSize(64, 64), devicePixelRatioF()));
    auto* name = new QLabel(QStringLiteral("LiveGloss " LIVEGLOSS_VERSION), this);
    name->setProperty("role", QStringLiteral("title"));
    auto* what = new QLabel(tr("Recognises continuous sign language live and shows where the network looks. "
                               "Video never leaves this computer. Free software under the Apache License 2.0."),
                            this);
    QString modelText = tr("No model is loaded.");
    if (model) {
        modelText = tr("Model: %1, %2 signs").arg(model->name).arg(model->signCount);
        if (!model->licence.isEmpty()) {
            modelText += QLatin1Char('\n') + tr("Licence of the model: %1").arg(model->licence);
        }
    }
    auto* modelLabel = new QLabel(modelText, this);
    modelLabel->setProperty("role", QStringLiteral("muted"));
    for (QLabel* label : {what, modelLabel}) {
        label->setWordWrap(true);
        label->setMinimumWidth(44 * grid);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
        label->setFocusPolicy(Qt::NoFocus);
    }
    auto* close = new QPushButton(tr("Close"), this);
    close->setDefault(true);
    connect(close, &QPushButton::clicked, this, &QDialog::accept);

    auto* text = new QVBoxLayout;
    text->setSpacing(grid);
    text->addWidget(name);
    text->addWidget(what);
    text->addWidget(modelLabel);
    text->addSpacing(grid);
    text->addWidget(close, 0, Qt::AlignRight);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(3 * grid, 3 * grid, 3 * grid, 3 * grid);
    row->setSpacing(3 * grid);
    row->addWidget(picture, 0, Qt::AlignTop);
    row->addLayout(text, 1);
}

} // namespace livegloss::ui
