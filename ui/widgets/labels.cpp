#include "ui/widgets/labels.h"

#include <QLabel>
#include <QVariant>

namespace livegloss::ui {

QLabel* wrappedLabel(const char* role, QWidget* parent) {
    auto* label = new QLabel(parent);
    label->setWordWrap(true);
    label->setProperty("role", QString::fromLatin1(role));
    return label;
}

} // namespace livegloss::ui
