#include "ui/models/models_workspace.h"

#include "ui/dialogs/file_dialogs.h"
#include "ui/models/model_texts.h"
#include "ui/style/icons.h"
#include "ui/style/theme.h"
#include "ui/text_format.h"

#include <QDesktopServices>
#include <QDir>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QLabel>
#include <QMessageBox>
#include <QMetaMethod>
#include <QMimeData>
#include <QPushButton>
#include <QSettings>
#include <QSplitter>
#include <QStandardPaths>
#include <QVBoxLayout>

#include <algorithm>

namespace livegloss::ui {

namespace {

constexpr int listWidth = 44 * grid;
const QString modelsSplitterKey = QStringLiteral("models/splitter");
const QString folderKey = QStringLiteral("models/folder");

bool isOwnModel(const QString& path) {
    return path.endsWith(QStringLiteral(".safetensors"), Qt::CaseInsensitive);
}

QString firstLocalFile(const QMimeData* data) {
    for (const QUrl& url : data->urls()) {
        if (url.isLocalFile() && QFileInfo(url.toLocalFile()).isFile()) {
            return url.toLocalFile();
        }
    }
    return {};
}

} // namespace

DesktopServices makeDesktopServices() {
    return {[](const QUrl& url) { QDesktopServices::openUrl(url); },
            [](QWidget* parent, const QString& question, const QString& detail) {
                QMessageBox box(QMessageBox::Question, ModelsWorkspace::tr("Delete Model"), question,
                                QMessageBox::Cancel, parent);
                box.setTextFormat(Qt::PlainText);
                box.setInformativeText(detail);
                QPushButton* remove = box.addButton(ModelsWorkspace::tr("Delete"), QMessageBox::DestructiveRole);
                box.setDefaultButton(QMessageBox::Cancel);
                box.exec();
                return box.clickedButton() == remove;
            }};
}

ModelsWorkspace::ModelsWorkspace(const EngineServices& services, const ShelfPlaces& places, DesktopServices desktop,
                                 const downloads::DownloadRules& rules, QWidget* parent)
    : Workspace(parent),
      services_(services),
      desktop_(std::move(desktop)),
      shelf_(services, places, rules),
      notice_(new NoticeBar(this)),
      list_(new ModelList(shelf_, this)),
      page_(new ModelPage(this)),
      add_(new QPushButton(this)),
      openFolder_(new QPushButton(this)),
      status_(new QLabel(this)),
      splitter_(new QSplitter(this)) {
    build();
    connectShelf();
    retranslate();
    showChosen();
}

void ModelsWorkspace::build() {
    setObjectName(QStringLiteral("modelsWorkspace"));
    setAcceptDrops(true);
    add_->setObjectName(QStringLiteral("addModelFile"));
    add_->setIcon(icon(QStringLiteral("open-file")));
    openFolder_->setObjectName(QStringLiteral("openModelFolder"));
    status_->setContentsMargins(grid, 0, grid, 0);
    auto* side = new QWidget(splitter_);
    side->setObjectName(QStringLiteral("modelSide"));
    auto* buttons = new QHBoxLayout;
    buttons->setContentsMargins(grid, grid, grid, grid);
    buttons->setSpacing(grid);
    buttons->addWidget(add_);
    buttons->addWidget(openFolder_);
    buttons->addStretch();
    auto* sideColumn = new QVBoxLayout(side);
    sideColumn->setContentsMargins(0, 0, 0, 0);
    sideColumn->setSpacing(0);
    sideColumn->addWidget(list_, 1);
    sideColumn->addLayout(buttons);
    splitter_->addWidget(side);
    splitter_->addWidget(page_);
    splitter_->setChildrenCollapsible(false);
    splitter_->setHandleWidth(1);
    splitter_->setStretchFactor(0, 0);
    splitter_->setStretchFactor(1, 1);
    splitter_->setSizes({listWidth, 1000});
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(notice_);
    column->addWidget(splitter_, 1);
    connect(add_, &QPushButton::clicked, this, &ModelsWorkspace::chooseFile);
    connect(openFolder_, &QPushButton::clicked, this, [this] {
        QDir().mkpath(shelf_.folder());
        desktop_.open(QUrl::fromLocalFile(shelf_.folder()));
    });
    connect(list_, &ModelList::chosenChanged, this, &ModelsWorkspace::showChosen);
    connect(page_, &ModelPage::actionChosen, this, &ModelsWorkspace::act);
}

void ModelsWorkspace::connectShelf() {
    connect(&shelf_, &ModelShelf::changed, this, [this] {
        list_->refill();
        updateStatus();
    });
    connect(&shelf_, &ModelShelf::downloadChanged, this, [this](const QString& id) {
        list_->updateEntry(id);
        if (id == list_->chosen()) {
            page_->setDownload(shelf_.download(id));
        }
    });
    connect(&shelf_, &ModelShelf::imported, this, &ModelsWorkspace::showAdded);
    connect(&shelf_, &ModelShelf::importFailed, this, [this](const QString& path, const Error& error) {
        notice_->setNotice(tr("%1 was not added. %2").arg(QFileInfo(path).fileName(), withHint(error)));
    });
    connect(&shelf_, &ModelShelf::conversionNeeded, this, &ModelsWorkspace::askForImport);
    connect(&shelf_, &ModelShelf::importingChanged, this, [this] {
        add_->setEnabled(!shelf_.importing());
        showStatusTip(shelf_.importing() ? tr("Adding the model…") : QString());
    });
    connect(&shelf_, &ModelShelf::checksumKnown, this, [this](const QString& path, const QByteArray& sha256) {
        const ShelfEntry* entry = shelf_.find(list_->chosen());
        if (entry != nullptr && entry->path == path) {
            page_->setChecksum(sha256);
        }
    });
}

void ModelsWorkspace::showAdded(const QString& path) {
    if (const ShelfEntry* entry = shelf_.findPath(path)) {
        list_->choose(entry->id);
    }
    notice_->setNotice({});
    showStatusTip(tr("Added: %1").arg(QFileInfo(path).fileName()));
}

void ModelsWorkspace::showNew(const QString& path) {
    shelf_.refresh();
    showAdded(path);
}

void ModelsWorkspace::setUse(const ModelUse& use) {
    use_ = use;
    list_->setUse(use.current ? use.current->path : QString(), use.loadingPath);
    showChosen();
}

void ModelsWorkspace::showChosen() {
    const ShelfEntry* entry = shelf_.find(list_->chosen());
    page_->setEntry(entry, entry != nullptr ? shelf_.download(entry->id) : nullptr, use_);
    // A large file takes a while: only once somebody looks.
    const QString path = entry != nullptr && isVisible() ? entry->path : QString();
    if (path != checksumOf_) {
        checksumOf_ = path;
        if (!path.isEmpty()) {
            shelf_.requestChecksum(path);
        }
    }
}

void ModelsWorkspace::act(ModelAction action) {
    const ShelfEntry* chosen = shelf_.find(list_->chosen());
    if (chosen == nullptr) {
        return;
    }
    const ShelfEntry entry = *chosen; // what follows may change the shelf
    switch (action) {
    case ModelAction::Use:
        list_->setFocus(); // the button goes, and "Delete" is what stands beside it
        Q_EMIT useRequested(entry.path);
        break;
    case ModelAction::Download:
        shelf_.downloads().start(entry.id);
        break;
    case ModelAction::Pause:
        shelf_.downloads().pause(entry.id);
        break;
    case ModelAction::Cancel:
        shelf_.downloads().cancel(entry.id);
        break;
    case ModelAction::OpenPage:
        desktop_.open(entry.catalogued->page);
        break;
    case ModelAction::ChooseFile:
        chooseFile();
        break;
    case ModelAction::Import:
        askForImport(entry.path);
        break;
    case ModelAction::Delete:
        deleteChosen(entry);
        break;
    }
}

void ModelsWorkspace::takeFile(const QString& path) {
    notice_->setNotice({});
    if (const ShelfEntry* known = shelf_.findPath(path)) {
        list_->choose(known->id);
    } else if (isOwnModel(path)) {
        shelf_.importFile(path);
    } else {
        askForImport(path);
    }
}

void ModelsWorkspace::addModel(const QString& path, const QString& fileName) {
    notice_->setNotice({});
    shelf_.importFile(path, fileName);
}

/// What the catalogue says of the file, or of the model on show whose file has to be fetched by hand, is kept.
void ModelsWorkspace::askForImport(const QString& path) {
    const ShelfEntry* entry = shelf_.findPath(path);
    if (entry == nullptr) {
        const ShelfEntry* chosen = shelf_.find(list_->chosen());
        const bool awaited = chosen != nullptr && !chosen->installed() && chosen->catalogued &&
                             chosen->catalogued->supply == downloads::Supply::ByHand;
        entry = awaited ? chosen : nullptr;
    }
    ImportFacts known;
    if (entry != nullptr && entry->catalogued) {
        known = {entry->catalogued->name, entry->catalogued->signLanguage, entry->catalogued->licence};
    }
    Q_EMIT importRequested(path, known);
}

void ModelsWorkspace::chooseFile() {
    const QString filter = tr("Models and checkpoints") + QStringLiteral(" (*.safetensors *.pt *.pth *.ckpt *.bin);;") +
                           tr("All files") + QStringLiteral(" (*)");
    const QString path = askForFile(this, tr("Add Model File"), filter, lastFolder_, QStandardPaths::DownloadLocation);
    if (!path.isEmpty()) {
        lastFolder_ = folderOf(path);
        takeFile(path);
    }
}

void ModelsWorkspace::deleteChosen(const ShelfEntry& entry) {
    QString detail = tr("%1 is removed from this computer.").arg(entry.path);
    if (use_.isCurrent(entry.path)) {
        detail =
            tr("This model is in use. Recognition goes on with it until another one is chosen or LiveGloss ends.") +
            QLatin1Char('\n') + detail;
    }
    if (!desktop_.confirmDeletion(this, tr("Delete %1?").arg(entry.name), detail)) {
        return;
    }
    if (const Result<void> removed = shelf_.remove(entry.id); !removed) {
        notice_->setNotice(tr("%1 was not deleted. %2").arg(entry.name, withHint(removed.error())));
    }
}

QString ModelsWorkspace::title() const {
    return tr("Models");
}

QString ModelsWorkspace::iconName() const {
    return QStringLiteral("model");
}

QWidget* ModelsWorkspace::statusWidget() {
    return status_;
}

void ModelsWorkspace::showStatusTip(const QString& tip) {
    if (tip.isEmpty()) {
        updateStatus();
    } else {
        status_->setText(tip);
    }
}

void ModelsWorkspace::updateStatus() {
    const auto installed = std::count_if(shelf_.entries().begin(), shelf_.entries().end(),
                                         [](const ShelfEntry& entry) { return entry.installed(); });
    QString text = tr("On this computer: %1").arg(installed);
    QString existing = shelf_.folder();
    while (!existing.isEmpty() && !QFileInfo::exists(existing) && existing != QFileInfo(existing).path()) {
        existing = QFileInfo(existing).path();
    }
    if (const qint64 free = downloads::freeBytes(existing); free >= 0) {
        text += QStringLiteral(" \u00b7 ") + tr("free on the disk: %1").arg(ModelTexts::size(free));
    }
    status_->setText(text);
}

void ModelsWorkspace::saveState(QSettings& store) const {
    store.setValue(modelsSplitterKey, splitter_->saveState());
    store.setValue(folderKey, lastFolder_);
}

void ModelsWorkspace::restoreState(const QSettings& store) {
    splitter_->restoreState(store.value(modelsSplitterKey).toByteArray());
    lastFolder_ = store.value(folderKey).toString();
}

void ModelsWorkspace::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        retranslate();
    }
    Workspace::changeEvent(event);
}

void ModelsWorkspace::dragEnterEvent(QDragEnterEvent* event) {
    if (!firstLocalFile(event->mimeData()).isEmpty()) {
        event->acceptProposedAction();
    }
}

void ModelsWorkspace::dropEvent(QDropEvent* event) {
    if (const QString path = firstLocalFile(event->mimeData()); !path.isEmpty()) {
        event->acceptProposedAction();
        takeFile(path);
    }
}

void ModelsWorkspace::showEvent(QShowEvent* event) {
    Workspace::showEvent(event);
    shelf_.refresh(); // files may have come or gone meanwhile
}

void ModelsWorkspace::retranslate() {
    add_->setText(tr("Add File…"));
    add_->setToolTip(tr("Add a model file that is on this computer; it can also be dropped on this window"));
    openFolder_->setText(tr("Open Folder"));
    openFolder_->setToolTip(tr("Open the folder of models in the file manager"));
    if (shelf_.catalogueProblem()) {
        notice_->setNotice(
            tr("The list of models that can be fetched is not readable. %1").arg(withHint(*shelf_.catalogueProblem())));
    }
    updateStatus();
}

} // namespace livegloss::ui
