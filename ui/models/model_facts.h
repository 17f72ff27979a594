#pragma once

#include "ui/models/model_shelf.h"

#include <QWidget>

class QFormLayout;
class QLabel;

namespace livegloss::ui {

/// What is known of one model, from its file and from the catalogue: name and value, one below the other.
class ModelFacts final : public QWidget {
    Q_OBJECT
public:
    ModelFacts(ShelfEntry entry, QWidget* parent);

    /// Of the file: nothing while it is being computed, empty when the file could not be read.
    void showChecksum(const std::optional<QByteArray>& sha256);

private:
    QLabel* addFact(const QString& name, const QString& value);
    void addLink(const QString& name, const QUrl& target);
    void addCard();
    void addSizes(const ModelCard& card);
    void addBackboneFacts(const ModelCard& card);
    void addCosts(const ModelCard& card);
    void addCatalogue();

    const ShelfEntry entry_;
    QFormLayout* form_;
    QLabel* checksumLabel_ = nullptr;
};

} // namespace livegloss::ui
