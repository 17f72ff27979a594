#include "ui/dialogs/import_dialog.h"

#include "ui/bridge/background.h"
#include "ui/dialogs/import_remarks.h"
#include "ui/style/theme.h"
#include "ui/text_format.h"
#include "ui/widgets/time_left_label.h"

#include <QComboBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QRegularExpression>
#include <QScrollArea>
#include <QUrl>
#include <QVBoxLayout>

namespace livegloss::ui {
namespace {

QLabel* makeText(QWidget* parent, const char* name, const char* role) {
    auto* label = new QLabel(parent);
    label->setObjectName(QString::fromLatin1(name));
    label->setProperty("role", QString::fromLatin1(role));
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    label->hide();
    return label;
}

void showLines(QLabel* label, const std::vector<importing::Remark>& remarks) {
    QStringList lines;
    for (const importing::Remark& remark : remarks) {
        lines << shownRemark(remark);
    }
    label->setText(lines.join(QLatin1Char('\n')));
    label->setVisible(!lines.isEmpty());
}

std::filesystem::path pathOf(const QLineEdit* edit) {
    const QString text = edit->text().trimmed();
    const QUrl address(text); // as a file dropped on the field leaves it
    return (address.isLocalFile() ? address.toLocalFile() : text).toStdString();
}

} // namespace

ImportDialog::ImportDialog(const EngineServices& services, const QString& checkpoint, const QString& folder,
                           const ImportFacts& known, QWidget* parent)
    : QDialog(parent),
      services_(services),
      folder_(folder),
      form_(new QWidget(this)),
      rate_(new QDoubleSpinBox(form_)),
      activation_(new QComboBox(form_)),
      colours_(new QComboBox(form_)),
      title_(makeText(this, "title", "heading")),
      summary_(makeText(this, "summary", "body")),
      notes_(makeText(this, "notes", "muted")),
      warnings_(makeText(this, "warnings", "body")),
      problems_(makeText(this, "problems", "warning")),
      progress_(new QProgressBar(this)),
      import_(new QPushButton(tr("Import"), this)),
      cancel_(new QPushButton(tr("Cancel"), this)) {
    setObjectName(QStringLiteral("importDialog"));
    setWindowTitle(tr("Import Checkpoint"));
    build();
    checkpoint_->setText(checkpoint);
    name_->setText(known.name.isEmpty() ? QFileInfo(checkpoint).completeBaseName() : known.name);
    language_->setText(known.signLanguage);
    licence_->setText(known.licence);
    lookSoon_.setSingleShot(true);
    lookSoon_.setInterval(250);
    showProgress_.setInterval(80);
    connect(&lookSoon_, &QTimer::timeout, this, &ImportDialog::look);
    connect(&showProgress_, &QTimer::timeout, this,
            [this] { progress_->setValue(static_cast<int>(work_->progress * 1000.0)); });
    for (QLineEdit* edit : {checkpoint_, glosses_, backbone_, licence_}) {
        connect(edit, &QLineEdit::textChanged, this, [this] {
            ++looks_; // a look that is under way is about something else now
            found_.reset();
            showFound();
            lookSoon_.start();
        });
    }
    connect(rate_, &QDoubleSpinBox::valueChanged, this, [this] {
        rateChosen_ = true;
        lookSoon_.start();
    });
    connect(import_, &QPushButton::clicked, this, &ImportDialog::startImport);
    connect(cancel_, &QPushButton::clicked, this, &ImportDialog::reject);
    glosses_->setFocus();
    look();
}

ImportDialog::~ImportDialog() {
    if (work_) {
        work_->cancelled = true;
    }
}

void ImportDialog::addRow(QVBoxLayout* column, const QString& label, QWidget* control, QWidget* button) {
    auto* row = new QHBoxLayout;
    row->setSpacing(grid);
    auto* text = new QLabel(label, form_);
    text->setBuddy(control);
    text->setMinimumWidth(18 * grid);
    control->setAccessibleName(label);
    row->addWidget(text);
    row->addWidget(control, 1);
    if (button != nullptr) {
        row->addWidget(button);
    }
    column->addLayout(row);
}

QLineEdit* ImportDialog::addTextRow(QVBoxLayout* column, const QString& label, const char* name, const QString& hint) {
    auto* edit = new QLineEdit(form_);
    edit->setObjectName(QString::fromLatin1(name));
    edit->setPlaceholderText(hint);
    addRow(column, label, edit);
    return edit;
}

QLineEdit* ImportDialog::addFileRow(QVBoxLayout* column, const QString& label, const char* name, const QString& hint,
                                    const QString& filter) {
    auto* edit = new QLineEdit(form_);
    edit->setObjectName(QString::fromLatin1(name));
    edit->setPlaceholderText(hint);
    auto* choose = new QPushButton(tr("Choose…"), form_);
    choose->setAutoDefault(false);
    choose->setAccessibleName(tr("Choose: %1").arg(label));
    connect(choose, &QPushButton::clicked, this, [this, edit, label, filter] {
        const QString start = QFileInfo(edit->text().isEmpty() ? checkpoint_->text() : edit->text()).path();
        const QString path = QFileDialog::getOpenFileName(
            this, label, start, filter + QStringLiteral(";;") + tr("All files") + QStringLiteral(" (*)"));
        if (!path.isEmpty()) {
            edit->setText(path);
        }
    });
    addRow(column, label, edit, choose);
    return edit;
}

void ImportDialog::build() {
    const QString checkpoints = tr("Checkpoints") + QStringLiteral(" (*.pt *.pth *.ckpt *.bin *.safetensors)");
    auto* fields = new QVBoxLayout(form_);
    fields->setContentsMargins(0, 0, 0, 0);
    fields->setSpacing(grid);
    checkpoint_ = addFileRow(fields, tr("Checkpoint"), "checkpoint", {}, checkpoints);
    glosses_ = addFileRow(fields, tr("Gloss dictionary"), "glosses", tr("NumPy, JSON, or text with one gloss a line"),
                          tr("Gloss dictionaries") + QStringLiteral(" (*.npy *.json *.txt)"));
    backbone_ =
        addFileRow(fields, tr("Backbone"), "backbone", tr("only for a checkpoint of trained parts alone"), checkpoints);
    name_ = addTextRow(fields, tr("Name"), "name", {});
    language_ = addTextRow(fields, tr("Sign language"), "language", tr("DGS, CSL, …"));
    licence_ = addTextRow(fields, tr("Licence"), "licence", tr("of the weights"));
    addFacts(fields);
    progress_->setRange(0, 1000);
    progress_->setAccessibleName(tr("Progress of the import"));
    progress_->hide();
    import_->setProperty("primary", true);
    import_->setDefault(true);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(grid);
    buttons->addWidget(progress_, 1);
    buttons->addWidget(new TimeLeftLabel(progress_, this));
    buttons->addStretch();
    buttons->addWidget(cancel_);
    buttons->addWidget(import_);
    auto* found = new QWidget(this);
    auto* texts = new QVBoxLayout(found);
    texts->setContentsMargins(0, 0, 0, 0);
    texts->setSpacing(grid);
    for (QLabel* label : {title_, summary_, problems_, warnings_, notes_}) {
        texts->addWidget(label);
    }
    texts->addStretch();
    auto* scroll = new QScrollArea(this);
    scroll->setWidget(found);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setMinimumHeight(22 * grid);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(3 * grid, 3 * grid, 3 * grid, 3 * grid);
    column->setSpacing(2 * grid);
    column->addWidget(form_);
    column->addWidget(scroll, 1);
    column->addLayout(buttons);
    resize(84 * grid, 72 * grid);
}

/// Facts of the network that a checkpoint may leave open.
void ImportDialog::addFacts(QVBoxLayout* column) {
    rate_->setObjectName(QStringLiteral("frameRate"));
    rate_->setRange(1.0, 240.0);
    rate_->setValue(25.0);
    rate_->setSuffix(tr(" per second"));
    addRow(column, tr("Frame rate"), rate_);
    activation_->setObjectName(QStringLiteral("activation"));
    activation_->addItem(tr("As the file says"));
    activation_->addItem(tr("QuickGELU (OpenAI's CLIP)"), static_cast<int>(model::Activation::QuickGelu));
    activation_->addItem(tr("GELU (most of open_clip's models)"), static_cast<int>(model::Activation::Gelu));
    addRow(column, tr("Activation"), activation_);
    colours_->setObjectName(QStringLiteral("normalisation"));
    colours_->addItem(tr("As the file says"));
    colours_->addItem(tr("Plain, from -1 to 1 (AdaptSign)"), false);
    colours_->addItem(tr("By CLIP's mean and deviation"), true);
    addRow(column, tr("Normalisation"), colours_);
    for (QWidget* field : std::initializer_list<QWidget*>{rate_, activation_, colours_}) {
        field->setMinimumHeight(licence_->sizeHint().height());
    }
    for (QComboBox* box : {activation_, colours_}) {
        connect(box, &QComboBox::currentIndexChanged, this, [this] { lookSoon_.start(); });
    }
    setTabOrder(licence_, rate_);
    setTabOrder(rate_, activation_);
    setTabOrder(activation_, colours_);
    setTabOrder(colours_, cancel_);
}

importing::ImportOptions ImportDialog::options() const {
    importing::ImportOptions options;
    options.checkpoint = pathOf(checkpoint_);
    options.glosses = pathOf(glosses_);
    options.backbone = pathOf(backbone_);
    options.name = name_->text().trimmed().toStdString();
    options.signLanguage = language_->text().trimmed().toStdString();
    options.licence = licence_->text().trimmed().toStdString();
    if (rateChosen_) {
        options.fps = rate_->value();
    }
    if (const QVariant chosen = activation_->currentData(); chosen.isValid()) {
        options.activation = static_cast<model::Activation>(chosen.toInt());
    }
    if (const QVariant asClip = colours_->currentData(); asClip.isValid()) {
        options.normalisation = asClip.toBool() ? model::clipNormalisation : model::plainNormalisation;
    }
    return options;
}

void ImportDialog::look() {
    const int number = ++looks_;
    found_.reset();
    if (checkpoint_->text().trimmed().isEmpty()) {
        showFound();
        return;
    }
    import_->setEnabled(false);
    summary_->setText(tr("Looking into the file…"));
    summary_->show();
    runInBackground(
        this, [open = services_.openImport, chosen = options()] { return open(chosen); },
        [this, number](const Result<importing::ModelImport>& found) { take(number, found); });
}

void ImportDialog::take(int number, const Result<importing::ModelImport>& found) {
    if (number != looks_) {
        return;
    }
    if (found) {
        found_ = *found;
        if (!rateChosen_ && found->preview().kind == importing::ImportKind::Recogniser) {
            const QSignalBlocker quiet(rate_);
            rate_->setValue(found->preview().config.fps);
        }
    }
    showFound();
    if (!found) {
        problems_->setText(withHint(found.error()));
        problems_->show();
    }
}

void ImportDialog::showFound() {
    for (QLabel* label : {title_, summary_, notes_, warnings_, problems_}) {
        label->clear();
        label->hide();
    }
    if (found_) {
        const importing::ImportPreview& preview = found_->preview();
        title_->setText(previewTitle(preview));
        title_->show();
        summary_->setText(previewText(preview));
        summary_->show();
        showLines(notes_, preview.notes);
        showLines(warnings_, preview.warnings);
        showLines(problems_, preview.problems);
    }
    import_->setEnabled(canImport());
}

bool ImportDialog::canImport() const {
    return found_ && found_->preview().problems.empty() && !work_;
}

QString ImportDialog::summary() const {
    return summary_->text();
}

QString ImportDialog::problems() const {
    return problems_->text();
}

QString ImportDialog::freePath() const {
    static const QRegularExpression unusual(QStringLiteral("[^\\p{L}\\p{N}._-]+"));
    QString base = name_->text().trimmed().replace(unusual, QStringLiteral("-"));
    while (base.startsWith(QLatin1Char('.')) || base.startsWith(QLatin1Char('-'))) {
        base.remove(0, 1);
    }
    base = base.left(80);
    if (base.isEmpty()) {
        base = QStringLiteral("model");
    }
    const QDir folder(folder_);
    QString file = base + QStringLiteral(".safetensors");
    for (int number = 2; folder.exists(file); ++number) {
        file = QStringLiteral("%1-%2.safetensors").arg(base).arg(number);
    }
    return folder.filePath(file);
}

void ImportDialog::startImport() {
    if (!canImport()) {
        return;
    }
    if (!QDir().mkpath(folder_)) {
        problems_->setText(tr("The folder %1 cannot be made.").arg(folder_));
        problems_->show();
        return;
    }
    lookSoon_.stop();
    ++looks_;
    const QString path = freePath();
    setBusy(true);
    runLongInBackground(
        this,
        // Name and language may have changed since the last look.
        [open = services_.openImport, chosen = options(), work = work_, path]() -> Result<void> {
            const auto import = open(chosen);
            if (!import) {
                return tl::unexpected(import.error());
            }
            return import->write(path.toStdString(), [&work](double share) {
                work->progress = share;
                return !work->cancelled;
            });
        },
        [this, path](const Result<void>& written) { finish(written, path); });
}

void ImportDialog::setBusy(bool busy) {
    if (busy) {
        work_ = std::make_shared<Work>();
        showProgress_.start();
    } else {
        showProgress_.stop();
        work_.reset();
    }
    form_->setEnabled(!busy);
    progress_->setValue(0);
    progress_->setVisible(busy);
    cancel_->setEnabled(true);
    import_->setEnabled(canImport());
}

void ImportDialog::finish(const Result<void>& written, const QString& path) {
    const bool cancelled = work_->cancelled;
    setBusy(false);
    if (written && cancelled) {
        QFile::remove(path); // asked for when it was already written
    } else if (written) {
        output_ = path;
        accept();
    } else if (written.error().code != ErrorCode::Cancelled) {
        problems_->setText(withHint(written.error()));
        problems_->show();
    }
}

void ImportDialog::reject() {
    if (work_) {
        work_->cancelled = true;
        cancel_->setEnabled(false);
        return;
    }
    QDialog::reject();
}

} // namespace livegloss::ui
