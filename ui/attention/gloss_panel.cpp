#include "ui/attention/gloss_panel.h"

#include "ui/bridge/background.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/sheets/sheet_file.h"
#include "ui/style/theme.h"
#include "ui/text_format.h"
#include "ui/widgets/labels.h"

#include <QComboBox>
#include <QEvent>
#include <QFileInfo>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QStandardPaths>
#include <QVBoxLayout>

#include <algorithm>

namespace livegloss::ui {

namespace {

constexpr int settlingMs = 400;
constexpr qint64 noGloss = 0;

QString askGlossPath(QWidget* parent, const QString& suggested) {
    return askWhereToSave(parent, GlossPanel::tr("Save Gloss"),
                          GlossPanel::tr("Picture (*.png);;Vector drawing (*.svg);;PDF document (*.pdf)"), suggested);
}

} // namespace

GlossPanel::GlossPanel(QWidget* parent)
    : QWidget(parent),
      choose_(askGlossPath),
      study_(attention::studySpan),
      heading_(wrappedLabel("heading")),
      box_(new QComboBox),
      progress_(new QProgressBar),
      cancelButton_(new QPushButton),
      facts_(wrappedLabel("")),
      meanHeading_(wrappedLabel("muted")),
      mean_(new CellRow(1)),
      strongestHeading_(wrappedLabel("muted")),
      strongest_(new CellRow(3)),
      definition_(wrappedLabel("muted")),
      secondsHeading_(wrappedLabel("muted")),
      seconds_(new CellRow(3)),
      save_(new QPushButton),
      note_(wrappedLabel("muted")) {
    build();
    settling_.setSingleShot(true);
    settling_.setInterval(settlingMs);
    connect(&settling_, &QTimer::timeout, this, &GlossPanel::study);
    connect(box_, &QComboBox::activated, this, [this] {
        if (const session::CaptionGloss* gloss = chosen()) {
            Q_EMIT momentChosen(gloss->start);
        }
        study();
    });
    connect(cancelButton_, &QPushButton::clicked, this, [this] {
        cancel();
        updateControls();
    });
    connect(save_, &QPushButton::clicked, this, &GlossPanel::save);
    connect(mean_, &CellRow::chosen, this, [this] { Q_EMIT momentChosen(material_->study.mean.frame->time); });
    connect(strongest_, &CellRow::chosen, this, [this](int index) {
        Q_EMIT momentChosen(material_->study.strongest[static_cast<std::size_t>(index)].frame->time);
    });
    connect(seconds_, &CellRow::chosen, this, [this](int index) {
        Q_EMIT momentChosen(material_->study.seconds[static_cast<std::size_t>(index)].frame->time);
    });
    retranslate();
}

GlossPanel::~GlossPanel() {
    cancel();
}

void GlossPanel::build() {
    setObjectName(QStringLiteral("glossPanel"));
    box_->setObjectName(QStringLiteral("glossBox"));
    box_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box_->setMinimumContentsLength(12);
    progress_->setRange(0, 0);
    progress_->setTextVisible(false);
    progress_->setFixedHeight(grid);
    facts_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, grid, 0, 0);
    column->setSpacing(grid);
    column->addWidget(heading_);
    column->addWidget(box_);
    column->addWidget(progress_);
    column->addWidget(cancelButton_, 0, Qt::AlignLeft);
    column->addWidget(note_);
    column->addWidget(facts_);
    column->addWidget(meanHeading_);
    column->addWidget(mean_);
    column->addWidget(strongestHeading_);
    column->addWidget(strongest_);
    column->addWidget(definition_);
    column->addWidget(secondsHeading_);
    column->addWidget(seconds_);
    column->addWidget(save_, 0, Qt::AlignLeft);
}

void GlossPanel::setServices(ChooseFile choose, Study study) {
    choose_ = std::move(choose);
    study_ = std::move(study);
}

void GlossPanel::setClip(const std::optional<std::filesystem::path>& file, const QString& name) {
    if (file == file_ && name == clip_) {
        return;
    }
    file_ = file;
    clip_ = name;
    cancel();
    settling_.stop();
    material_.reset();
    glosses_.clear();
    fill();
    setNote({}, false);
}

void GlossPanel::setModel(const engine::LoadedModelPtr& model) {
    model_ = model;
    renew();
}

void GlossPanel::setView(const attention::View& view, const AttentionStyle& style) {
    const bool same = view.shown == view_.shown && requestFor(view) == requestFor(view_);
    view_ = view;
    view_.colours = style.colours;
    view_.normalisation = style.normalisation;
    if (!same) {
        renew();
    } else if (material_) {
        material_->view = view_;
        showMaterial();
    }
}

void GlossPanel::setGlosses(const std::vector<session::CaptionGloss>& glosses) {
    glosses_.clear();
    std::ranges::copy_if(glosses, std::back_inserter(glosses_), [](const session::CaptionGloss& gloss) {
        return gloss.change != session::OfflineChange::Removed;
    });
    fill();
}

void GlossPanel::choose(std::int64_t id) {
    int index = box_->findData(static_cast<qint64>(id));
    index = index < 0 ? box_->count() - 1 : index;
    box_->setCurrentIndex(index);
    study();
}

const session::CaptionGloss* GlossPanel::chosen() const {
    const qint64 id = box_->currentData().toLongLong();
    const auto found = std::ranges::find(glosses_, id, &session::CaptionGloss::id);
    return found != glosses_.end() ? &*found : nullptr;
}

void GlossPanel::fill() {
    const QVariant current = box_->currentData();
    box_->clear();
    box_->addItem(glosses_.empty() ? tr("No gloss was recognised yet") : tr("Choose a gloss"), noGloss);
    for (const session::CaptionGloss& gloss : glosses_) {
        box_->addItem(QStringLiteral("%1  %2").arg(formatTime(gloss.start), QString::fromStdString(gloss.text)),
                      static_cast<qint64>(gloss.id));
    }
    box_->setCurrentIndex(std::max(0, box_->findData(current)));
    if (!chosen() && material_) {
        material_.reset();
    }
    updateControls();
}

void GlossPanel::cancel() {
    if (cancel_) {
        *cancel_ = true;
        cancel_.reset();
    }
}

void GlossPanel::renew() {
    cancel();
    material_.reset();
    if (chosen()) {
        settling_.start();
    }
    updateControls();
}

void GlossPanel::study() {
    settling_.stop();
    cancel();
    material_.reset();
    setNote({}, false);
    const session::CaptionGloss* gloss = chosen();
    if (!gloss || !model_ || !file_) {
        if (gloss && !file_) {
            setNote(tr("Only the glosses of a video file can be looked at again."), false);
        }
        return;
    }
    cancel_ = std::make_shared<std::atomic<bool>>(false);
    attention::SpanJob job;
    job.input = *file_;
    job.model = model_;
    job.view = view_;
    job.from = gloss->start;
    job.to = gloss->end;
    job.options.cancelled = [flag = cancel_] { return flag->load(); };
    runLongInBackground(
        this, [job = std::move(job), study = study_] { return study(job); },
        [this, mine = cancel_, gloss = *gloss](const Result<attention::SpanStudy>& studied) {
            if (mine == cancel_) {
                finish(gloss, studied);
            }
        });
    updateControls();
}

void GlossPanel::finish(const session::CaptionGloss& gloss, const Result<attention::SpanStudy>& studied) {
    cancel_.reset();
    if (!studied) {
        setNote(withHint(studied.error()), true);
        return;
    }
    material_.emplace();
    material_->clip = clip_;
    material_->gloss = QString::fromStdString(gloss.text);
    material_->confidence = gloss.confidence;
    material_->from = gloss.start;
    material_->to = gloss.end;
    for (const session::GlossAlternative& other : gloss.alternatives) {
        if (other.text != gloss.text) {
            material_->alternatives.push_back({QString::fromStdString(other.text), other.probability});
        }
    }
    material_->model = model_->config();
    material_->view = view_;
    material_->study = *studied;
    showMaterial();
}

void GlossPanel::showMaterial() {
    if (material_) {
        const Frame& frame = *material_->study.mean.frame;
        const double aspect = static_cast<double>(frame.width) / std::max(1, frame.height);
        facts_->setText(GlossTexts::span(*material_) + QLatin1Char('\n') + GlossTexts::alternatives(*material_));
        mean_->setCells(GlossTexts::meanHeading(), {meanCell(*material_)}, aspect);
        strongest_->setCells(GlossTexts::strongestHeading(), strongestCells(*material_), aspect);
        seconds_->setCells(GlossTexts::secondsHeading(), secondCells(*material_), aspect);
        definition_->setText(GlossTexts::strongestDefinition(material_->view));
    }
    updateControls();
}

void GlossPanel::save() {
    const QString folder = QStandardPaths::writableLocation(QStandardPaths::PicturesLocation);
    const GlossMaterial material = *material_; // the history may begin anew while the dialog is open
    QString path =
        choose_(this, QStringLiteral("%1/%2-%3.png").arg(folder, QFileInfo(clip_).completeBaseName(), material.gloss));
    if (path.isEmpty()) {
        return;
    }
    path += QFileInfo(path).suffix().isEmpty() ? QStringLiteral(".png") : QString();
    const auto written = saveSheet(glossSheet(material), path);
    setNote(written ? tr("Saved as %1").arg(QFileInfo(path).fileName()) : withHint(written.error()), !written);
}

void GlossPanel::setNote(const QString& text, bool warning) {
    note_->setProperty("role", warning ? QStringLiteral("warning") : QStringLiteral("muted"));
    note_->setStyleSheet(QStringLiteral("/**/")); // takes up the role
    note_->setText(text);
    updateControls();
}

void GlossPanel::updateControls() {
    const bool there = material_.has_value();
    for (QWidget* widget : std::initializer_list<QWidget*>{facts_, meanHeading_, mean_, strongestHeading_, strongest_,
                                                           definition_, secondsHeading_, seconds_, save_}) {
        widget->setVisible(there);
    }
    progress_->setVisible(running());
    cancelButton_->setVisible(running());
    box_->setEnabled(!glosses_.empty());
    note_->setVisible(!note_->text().isEmpty());
}

void GlossPanel::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        retranslate();
    }
    QWidget::changeEvent(event);
}

void GlossPanel::retranslate() {
    heading_->setText(tr("One gloss"));
    box_->setAccessibleName(tr("Gloss to look at"));
    box_->setToolTip(tr("Where the network looked while this gloss was signed"));
    cancelButton_->setText(tr("Cancel"));
    progress_->setAccessibleName(tr("Looking at the gloss"));
    meanHeading_->setText(GlossTexts::meanHeading());
    strongestHeading_->setText(GlossTexts::strongestHeading());
    secondsHeading_->setText(GlossTexts::secondsHeading());
    save_->setText(tr("Save Gloss…"));
    save_->setToolTip(tr("Write this gloss as a picture or document"));
    fill();
    showMaterial();
}

} // namespace livegloss::ui
