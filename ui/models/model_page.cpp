#include "ui/models/model_page.h"

#include "ui/error_words.h"
#include "ui/models/model_facts.h"
#include "ui/models/model_texts.h"
#include "ui/style/theme.h"
#include "ui/text_format.h"
#include "ui/views/vocabulary_panel.h"

#include <QEvent>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QStyle>
#include <QVBoxLayout>

namespace livegloss::ui {

namespace {

using downloads::Download;
using downloads::Supply;

constexpr int vocabularyWidth = 34 * grid;
constexpr int downloadSteps = 1000;

QLabel* namedLabel(QWidget* parent, const char* name, const char* role) {
    auto* label = new QLabel(parent);
    label->setObjectName(QString::fromLatin1(name));
    label->setProperty("role", QString::fromLatin1(role));
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    label->setFocusPolicy(Qt::ClickFocus); // so that what is marked can be copied
    return label;
}

void showText(QLabel* label, const QString& text) {
    label->setText(text);
    label->setVisible(!text.isEmpty());
}

ModelInfo infoOf(const ShelfEntry& entry) {
    ModelInfo info;
    info.name = entry.name;
    info.signCount = std::max(0, entry.card->config.classes - 1);
    const std::vector<std::string>& glosses = entry.card->config.vocabulary;
    for (std::size_t index = 1; index < glosses.size(); ++index) {
        info.vocabulary.append(QString::fromStdString(glosses[index]));
    }
    return info;
}

} // namespace

ModelPage::ModelPage(QWidget* parent)
    : QWidget(parent),
      title_(namedLabel(this, "modelTitle", "title")),
      state_(namedLabel(this, "modelState", "muted")),
      problem_(namedLabel(this, "modelProblem", "warning")),
      problemDetail_(namedLabel(this, "modelProblemDetail", "muted")),
      progress_(new QProgressBar(this)),
      progressText_(namedLabel(this, "modelProgress", "muted")),
      about_(namedLabel(this, "modelAbout", "text")),
      vocabulary_(new VocabularyPanel(this)) {
    setObjectName(QStringLiteral("modelPage"));
    build();
    retranslate();
}

void ModelPage::build() {
    constexpr std::pair<ModelAction, const char*> names[] = {
        {ModelAction::Use, "useModel"},       {ModelAction::Download, "downloadModel"},
        {ModelAction::Pause, "pauseModel"},   {ModelAction::OpenPage, "openModelPage"},
        {ModelAction::Import, "importModel"}, {ModelAction::ChooseFile, "chooseModelFile"},
        {ModelAction::Cancel, "cancelModel"}, {ModelAction::Delete, "deleteModel"}};
    auto* buttonRow = new QHBoxLayout;
    buttonRow->setSpacing(grid);
    for (const auto& [action, name] : names) {
        auto* made = new QPushButton(this);
        made->setObjectName(QString::fromLatin1(name));
        connect(made, &QPushButton::clicked, this, [this, chosen = action] { Q_EMIT actionChosen(chosen); });
        buttonRow->addWidget(made);
        buttons_.insert(action, made);
    }
    buttonRow->addStretch();
    progress_->setObjectName(QStringLiteral("modelProgressBar"));
    progress_->setRange(0, downloadSteps);
    progress_->setTextVisible(false);
    progress_->setFixedHeight(grid / 2);

    auto* contents = new QWidget(this);
    contents->setObjectName(QStringLiteral("modelPageContents"));
    column_ = new QVBoxLayout(contents);
    column_->setContentsMargins(3 * grid, 2 * grid, 3 * grid, 2 * grid);
    column_->setSpacing(grid);
    for (QWidget* widget :
         std::initializer_list<QWidget*>{title_, state_, progress_, progressText_, problem_, problemDetail_}) {
        column_->addWidget(widget);
    }
    column_->addSpacing(grid / 2);
    column_->addLayout(buttonRow);
    column_->addSpacing(grid);
    column_->addWidget(about_);
    column_->addStretch();
    auto* scroll = new QScrollArea(this);
    scroll->setObjectName(QStringLiteral("modelScroll"));
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setWidget(contents);
    vocabulary_->setFixedWidth(vocabularyWidth);
    vocabulary_->setAttribute(Qt::WA_StyledBackground);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(1);
    row->addWidget(scroll, 1);
    row->addWidget(vocabulary_);
}

void ModelPage::setEntry(const ShelfEntry* entry, const Download* download, const ModelUse& use) {
    const bool sameFile = entry != nullptr && entry_ && entry->path == entry_->path;
    entry_ = entry != nullptr ? std::optional<ShelfEntry>(*entry) : std::nullopt;
    use_ = use;
    if (!sameFile) {
        checksum_.reset();
    }
    failure_ = download != nullptr ? download->failure() : std::nullopt;
    downloadState_ = download != nullptr ? std::optional(download->state()) : std::nullopt;
    update();
    setDownload(download);
}

void ModelPage::setDownload(const Download* download) {
    failure_ = download != nullptr ? download->failure() : std::nullopt;
    downloadState_ = download != nullptr ? std::optional(download->state()) : std::nullopt;
    progress_->setVisible(download != nullptr);
    progressText_->setVisible(download != nullptr);
    if (download != nullptr && download->bytes() > 0) {
        const bool checking = download->state() == Download::State::Checking;
        progress_->setValue(static_cast<int>(download->received() * downloadSteps / download->bytes()));
        progressText_->setText(checking ? tr("Checking that it is the right file…") : ModelTexts::progress(*download));
    }
    updateState();
    updateProblem();
    updateButtons();
}

void ModelPage::setChecksum(const QByteArray& sha256) {
    checksum_ = sha256;
    if (facts_ != nullptr) {
        facts_->showChecksum(checksum_);
    }
}

QString ModelPage::stateText() const {
    return state_->text();
}

QString ModelPage::problemText() const {
    return problem_->isHidden() ? QString() : problem_->text();
}

void ModelPage::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        retranslate();
    }
    QWidget::changeEvent(event);
}

void ModelPage::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    showVocabulary();
}

/// In a small window the facts need the room.
void ModelPage::showVocabulary() {
    vocabulary_->setVisible(entry_ && entry_->card && !entry_->isBackbone() &&
                            width() >= 2 * vocabularyWidth + 20 * grid);
}

void ModelPage::retranslate() {
    const std::pair<ModelAction, QString> texts[] = {
        {ModelAction::Use, tr("Use")},
        {ModelAction::Download, tr("Download")},
        {ModelAction::Pause, tr("Pause")},
        {ModelAction::OpenPage, tr("Open Its Page")},
        {ModelAction::Import, tr("Import…")},
        {ModelAction::ChooseFile, tr("Choose the File…")},
        {ModelAction::Cancel, tr("Cancel Download")},
        {ModelAction::Delete, tr("Delete…")},
    };
    for (const auto& [action, text] : texts) {
        buttons_[action]->setText(text);
    }
    buttons_[ModelAction::Use]->setToolTip(tr("Recognise with this model from now on"));
    buttons_[ModelAction::OpenPage]->setToolTip(tr("Open the page of this model in the browser"));
    buttons_[ModelAction::ChooseFile]->setToolTip(tr("Choose the file that the browser has downloaded"));
    buttons_[ModelAction::Cancel]->setToolTip(tr("Give up and remove what has arrived"));
    buttons_[ModelAction::Delete]->setToolTip(tr("Remove the file from this computer"));
    progress_->setAccessibleName(tr("Progress of the download"));
    update();
}

void ModelPage::update() {
    title_->setText(entry_ ? entry_->name : QString());
    updateState();
    updateProblem();
    updateButtons();
    updateFacts();
    const bool hasCard = entry_ && entry_->card && !entry_->isBackbone();
    showVocabulary();
    vocabulary_->setModel(hasCard ? std::optional(infoOf(*entry_)) : std::nullopt);
}

bool ModelPage::isRunning() const {
    return downloadState_ == Download::State::Running || downloadState_ == Download::State::Checking;
}

void ModelPage::updateButtons() {
    const bool installed = entry_ && entry_->installed();
    const bool byHand = entry_ && !installed && entry_->catalogued && entry_->catalogued->supply == Supply::ByHand;
    const bool fetchable = entry_ && !installed && entry_->catalogued && entry_->catalogued->fetchable();
    const QMap<ModelAction, bool> shown{
        {ModelAction::Use,
         installed && entry_->isOwnFormat() && !entry_->isBackbone() && !use_.isCurrent(entry_->path)},
        {ModelAction::Download, fetchable && !isRunning()},
        {ModelAction::Pause, fetchable && isRunning()},
        {ModelAction::OpenPage, byHand},
        {ModelAction::Import, installed && !entry_->isOwnFormat()},
        {ModelAction::ChooseFile, byHand},
        {ModelAction::Cancel, fetchable && downloadState_.has_value()},
        {ModelAction::Delete, installed && !entry_->bundled},
    };
    bool first = true;
    for (auto [action, made] : buttons_.asKeyValueRange()) {
        made->setVisible(shown[action]);
        const bool primary = first && shown[action] && action != ModelAction::Delete;
        first = first && !shown[action];
        if (made->property("primary").toBool() != primary) {
            made->setProperty("primary", primary);
            style()->unpolish(made); // the style sheet looks at the property once
            style()->polish(made);
        }
    }
    const bool loading = entry_ && installed && use_.loadingPath == entry_->path;
    buttons_[ModelAction::Use]->setEnabled(installed && !loading && !entry_->problem);
    const bool begun = downloadState_.has_value();
    buttons_[ModelAction::Download]->setText(begun ? tr("Resume") : tr("Download"));
    buttons_[ModelAction::Download]->setToolTip(begun ? tr("Go on where it stopped")
                                                      : tr("Fetch the file and check it before it is installed"));
}

void ModelPage::updateState() {
    if (!entry_) {
        showText(state_, {});
    } else if (!entry_->installed()) {
        const bool byHand = entry_->catalogued && entry_->catalogued->supply == Supply::ByHand;
        switch (downloadState_.value_or(Download::State::Installed)) {
        case Download::State::Running:
            showText(state_, tr("Downloading"));
            break;
        case Download::State::Checking:
            showText(state_, tr("Checking"));
            break;
        case Download::State::Paused:
            showText(state_, tr("Download paused"));
            break;
        case Download::State::Failed:
            showText(state_, tr("Download stopped"));
            break;
        case Download::State::Installed:
            showText(state_, byHand ? tr("Available, to be fetched in the browser") : tr("Available for download"));
            break;
        }
    } else if (use_.loadingPath == entry_->path) {
        showText(state_, tr("Loading the model…"));
    } else if (use_.isCurrent(entry_->path)) {
        showText(state_, tr("In use"));
    } else {
        showText(state_, entry_->bundled ? tr("Comes with the program") : tr("On this computer"));
    }
}

void ModelPage::updateProblem() {
    QString what;
    QString detail;
    if (failure_ && downloadState_ == Download::State::Failed) {
        what = downloads::FailureText::title(failure_->problem) + QLatin1Char(' ') +
               downloads::FailureText::advice(failure_->problem);
        detail = factInWindowLanguage(failure_->detail).value_or(failure_->detail);
    } else if (entry_ && entry_->installed() && use_.problem && use_.problemPath == entry_->path) {
        what = use_.current ? tr("This model could not be loaded; %1 stays in use.").arg(use_.current->name)
                            : tr("This model could not be loaded.");
        detail = withHint(*use_.problem);
    } else if (entry_ && entry_->problem) {
        what = tr("This file is not a model that LiveGloss can use.");
        detail = withHint(*entry_->problem);
    }
    showText(problem_, what);
    showText(problemDetail_, detail);
}

void ModelPage::updateFacts() {
    delete facts_;
    facts_ = nullptr;
    QString about;
    if (entry_) {
        const bool byHand = !entry_->installed() && entry_->catalogued && entry_->catalogued->supply == Supply::ByHand;
        if (byHand) {
            about =
                tr("This model has no direct address. Open its page, download the file in the browser, then drop it "
                   "on this window or choose it here.");
            if (!entry_->isBackbone()) {
                about += QStringLiteral("\n\n") +
                         tr("Its gloss dictionary (a .npy file of the authors' preprocessing) is needed as well: the "
                            "import asks for it. Without it, glosses are shown as numbers.");
            }
        } else if (entry_->isBackbone()) {
            about = tr("A backbone recognises nothing by itself. A model for a sign language is trained on top of it.");
            if (entry_->card && !entry_->card->config.card.empty()) {
                about += QStringLiteral("\n\n") + QString::fromStdString(entry_->card->config.card);
            }
        } else if (entry_->card) {
            about = QString::fromStdString(entry_->card->config.card);
        }
        facts_ = new ModelFacts(*entry_, this);
        facts_->showChecksum(checksum_);
        column_->insertWidget(column_->count() - 1, facts_);
    }
    showText(about_, about);
}

} // namespace livegloss::ui
