#include "ui/views/vocabulary_panel.h"

#include "ui/style/icons.h"
#include "ui/style/theme.h"

#include <QEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QVBoxLayout>

namespace livegloss::ui {

VocabularyPanel::VocabularyPanel(QWidget* parent)
    : QWidget(parent),
      search_(new QLineEdit(this)),
      count_(new QLabel(this)),
      list_(new QListView(this)),
      empty_(new QLabel(list_)) {
    setObjectName(QStringLiteral("vocabularyPanel"));
    filtered_.setSourceModel(&glosses_);
    filtered_.setFilterCaseSensitivity(Qt::CaseInsensitive);
    filtered_.setSortCaseSensitivity(Qt::CaseInsensitive);
    filtered_.setSortLocaleAware(true);
    filtered_.sort(0);
    search_->setObjectName(QStringLiteral("vocabularySearch"));
    search_->setClearButtonEnabled(true);
    search_->addAction(icon(QStringLiteral("search")), QLineEdit::LeadingPosition);
    count_->setProperty("role", QStringLiteral("muted"));
    list_->setObjectName(QStringLiteral("vocabulary"));
    list_->setModel(&filtered_);
    list_->setFrameShape(QFrame::NoFrame);
    list_->setEditTriggers(QAbstractItemView::NoEditTriggers);
    list_->setUniformItemSizes(true);
    empty_->setAlignment(Qt::AlignCenter);
    empty_->setWordWrap(true);
    empty_->setProperty("role", QStringLiteral("muted"));
    auto* emptyLayout = new QVBoxLayout(list_);
    emptyLayout->setContentsMargins(2 * grid, 2 * grid, 2 * grid, 2 * grid);
    emptyLayout->addWidget(empty_);

    auto* head = new QVBoxLayout;
    head->setContentsMargins(2 * grid, grid, 2 * grid, 0);
    head->addWidget(search_);
    head->addWidget(count_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(grid);
    column->addLayout(head);
    auto* listRow = new QHBoxLayout;
    listRow->setContentsMargins(grid, 0, grid, 0);
    listRow->addWidget(list_);
    column->addLayout(listRow, 1);
    connect(search_, &QLineEdit::textChanged, this, [this](const QString& text) {
        filtered_.setFilterFixedString(text.trimmed());
        updateTexts();
    });
    updateTexts();
}

void VocabularyPanel::setModel(const std::optional<ModelInfo>& model) {
    model_ = model;
    glosses_.setStringList(model ? model->vocabulary : QStringList());
    updateTexts();
}

void VocabularyPanel::focusSearch() {
    search_->setFocus(Qt::ShortcutFocusReason);
    search_->selectAll();
}

void VocabularyPanel::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        updateTexts();
    }
    QWidget::changeEvent(event);
}

void VocabularyPanel::updateTexts() {
    search_->setPlaceholderText(tr("Search signs"));
    search_->setAccessibleName(tr("Search the vocabulary"));
    list_->setAccessibleName(tr("Signs that the model knows"));
    const int total = glosses_.rowCount();
    const int shown = filtered_.rowCount();
    count_->setText(total == 0 ? QString() : tr("%1 of %2 signs").arg(shown).arg(total));
    search_->setEnabled(total > 0);
    empty_->setVisible(shown == 0);
    if (!model_) {
        empty_->setText(tr("No model is loaded."));
    } else if (total == 0) {
        empty_->setText(tr("This model brings no names. Its %1 classes are shown as numbers.").arg(model_->signCount));
    } else {
        empty_->setText(tr("The model does not know this sign."));
    }
}

} // namespace livegloss::ui
