#pragma once

#include "ui/dialogs/import_dialog.h"
#include "ui/models/model_list.h"
#include "ui/models/model_page.h"
#include "ui/views/workspace.h"
#include "ui/widgets/notice_bar.h"

#include <functional>

class QLabel;
class QSplitter;

namespace livegloss::ui {

/// What the Models workspace asks of the desktop; tests put their own in.
struct DesktopServices {
    std::function<void(const QUrl&)> open;
    std::function<bool(QWidget* parent, const QString& question, const QString& detail)> confirmDeletion;
};
DesktopServices makeDesktopServices();

/// Installed and available models: download, add, use, delete, and the card of each.
class ModelsWorkspace final : public Workspace {
    Q_OBJECT
public:
    ModelsWorkspace(const EngineServices& services, const ShelfPlaces& places, DesktopServices desktop,
                    const downloads::DownloadRules& rules = {}, QWidget* parent = nullptr);

    /// Which model recognises; the Live workspace knows.
    void setUse(const ModelUse& use);
    /// Takes a file that a person dropped or chose: a model of our own format is checked and copied into the folder,
    /// every other kind goes to importRequested().
    void takeFile(const QString& path);
    /// Checks a model of our own format and copies it into the folder as `fileName`, or beside one of that name.
    void addModel(const QString& path, const QString& fileName);

    QString title() const override;
    QString iconName() const override;
    void fillMenus(const WorkspaceMenus&) override {}
    QWidget* statusWidget() override;
    void showStatusTip(const QString& tip) override;
    void setImmersive(bool) override {}
    void saveState(QSettings& store) const override;
    void restoreState(const QSettings& store) override;

    /// A model that was written into the folder.
    void showNew(const QString& path);
    const EngineServices& services() const { return services_; }

    ModelShelf& shelf() { return shelf_; }
    ModelList* list() { return list_; }
    ModelPage* page() { return page_; }
    NoticeBar* notice() { return notice_; }

Q_SIGNALS:
    /// A person wants to recognise with this model.
    void useRequested(const QString& path);
    /// A checkpoint of another kind is to be imported.
    void importRequested(const QString& path, const livegloss::ui::ImportFacts& known);

protected:
    void changeEvent(QEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    void build();
    void connectShelf();
    void retranslate();
    void showChosen();
    void showAdded(const QString& path);
    void act(ModelAction action);
    void chooseFile();
    void askForImport(const QString& path);
    void deleteChosen(const ShelfEntry& entry);
    void updateStatus();

    EngineServices services_;
    DesktopServices desktop_;
    ModelShelf shelf_;
    ModelUse use_;
    NoticeBar* notice_;
    ModelList* list_;
    ModelPage* page_;
    QPushButton* add_;
    QPushButton* openFolder_;
    QLabel* status_;
    QSplitter* splitter_;
    QString lastFolder_; ///< of a file that was added
    QString checksumOf_; ///< file whose checksum has been asked for
};

} // namespace livegloss::ui
