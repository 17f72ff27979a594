#include "ui/attention/marked_frames.h"

#include "ui/dialogs/file_dialogs.h"
#include "ui/sheets/attention_texts.h"
#include "ui/sheets/sheet_file.h"
#include "ui/style/theme.h"
#include "ui/text_format.h"

#include <QEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QStandardPaths>

#include <algorithm>

namespace livegloss::ui {

namespace {

QString askSheetPath(QWidget* parent, const QString& suggested) {
    return askWhereToSave(
        parent, MarkedFrames::tr("Save Attention"),
        MarkedFrames::tr("Picture (*.png);;Vector drawing (*.svg);;PDF document (*.pdf);;Table of values "
                         "(*.csv);;Tensors (*.safetensors)"),
        suggested);
}

SheetFrame sheetFrame(const session::Picture& picture) {
    const session::AttendedPicture& attended = *picture.attended;
    SheetFrame result;
    result.frame = picture.frame;
    if (attended.time != picture.position) {
        result.earlier = AttendedMoment{attended.frameIndex, attended.time};
    }
    result.layers = attended.layers;
    result.temporalWeight = attended.temporalWeight;
    result.neighboursAreInputs = true;
    for (const session::InputPicturePtr& input : attended.neighbours) {
        result.neighbours.push_back(input ? QImage(input->rgb.data(), input->side, input->side,
                                                   input->side * qsizetype{3}, QImage::Format_RGB888)
                                                .copy()
                                          : QImage());
    }
    return result;
}

/// What is saved, as it was when that was asked for: the video plays on while the dialog is open.
struct ChosenFrames {
    QString clip;
    model::ModelConfig model;
    attention::View view;
    AttentionStyle style;
    std::vector<session::Picture> frames;
};

SheetMaterial materialOf(const ChosenFrames& chosen) {
    SheetMaterial material;
    material.scalesSoFar = true;
    material.clip = chosen.clip;
    material.model = chosen.model;
    material.view = chosen.view;
    material.view.colours = chosen.style.colours;
    material.view.normalisation = chosen.style.normalisation;
    for (const session::Picture& marked : chosen.frames) {
        material.frames.push_back(sheetFrame(marked));
        material.scales = marked.attended->scales; // the last knows most of the clip
    }
    return material;
}

Result<void> writeFrames(const ChosenFrames& chosen, const QString& path) {
    const QString ending = QFileInfo(path).suffix().toLower();
    if (ending != QLatin1String("csv") && ending != QLatin1String("safetensors")) {
        return saveSheet(attentionSheet(materialOf(chosen)), path);
    }
    std::vector<attention::FrameValues> values;
    for (const session::Picture& marked : chosen.frames) {
        values.push_back({marked.attended->frameIndex, marked.attended->time, marked.attended->layers});
    }
    std::map<std::string, std::string> settings{{"video", chosen.clip.toStdString()},
                                                {"model", chosen.model.name},
                                                {"attention", attention::describe(chosen.view, chosen.model)}};
    if (chosen.view.shown == attention::Shown::CrossFrame && !values.empty()) {
        settings["temporal weight"] = std::to_string(chosen.frames.back().attended->temporalWeight);
    }
    if (ending == QLatin1String("safetensors")) {
        return attention::saveValues(path.toStdString(), values, settings);
    }
    return saveBytes(QByteArray::fromStdString(attention::valuesCsv(values, settings)), path);
}

} // namespace

MarkedFrames::MarkedFrames(QWidget* parent)
    : QWidget(parent),
      choose_(askSheetPath),
      mark_(new QPushButton(this)),
      clear_(new QPushButton(this)),
      save_(new QPushButton(this)),
      list_(new QLabel(this)),
      result_(new QLabel(this)) {
    setObjectName(QStringLiteral("markedFrames"));
    mark_->setObjectName(QStringLiteral("markFrame"));
    clear_->setObjectName(QStringLiteral("clearMarks"));
    save_->setObjectName(QStringLiteral("saveSheet"));
    list_->setWordWrap(true);
    list_->setProperty("role", QStringLiteral("muted"));
    result_->setWordWrap(true);
    result_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    result_->hide();
    auto* row = new QHBoxLayout;
    row->setSpacing(grid);
    row->addWidget(mark_);
    row->addWidget(clear_);
    row->addStretch();
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(grid);
    column->addWidget(list_);
    column->addLayout(row);
    column->addWidget(save_, 0, Qt::AlignLeft);
    column->addWidget(result_);
    connect(mark_, &QPushButton::clicked, this, &MarkedFrames::mark);
    connect(clear_, &QPushButton::clicked, this, &MarkedFrames::clear);
    connect(save_, &QPushButton::clicked, this, &MarkedFrames::save);
    update();
}

void MarkedFrames::setCurrent(const session::Picture& picture) {
    const session::AttendedPicturePtr& attended = picture.attended;
    const bool fits =
        attended && attended->view.shown == view_.shown && requestFor(attended->view) == requestFor(view_);
    const bool had = current_.attended != nullptr;
    current_ = picture;
    current_.attended = fits ? attended : nullptr;
    if (had != fits) {
        update();
    }
}

void MarkedFrames::setSetting(const QString& clip, const model::ModelConfig& model, const attention::View& view,
                              const AttentionStyle& style) {
    const bool otherView = view.shown != view_.shown || !(requestFor(view) == requestFor(view_)) || clip != clip_ ||
                           model.name != model_.name;
    clip_ = clip;
    model_ = model;
    view_ = view;
    style_ = style;
    if (otherView) {
        current_.attended.reset();
        clear();
    }
}

void MarkedFrames::clear() {
    frames_.clear();
    update();
}

std::optional<std::pair<MediaTime, MediaTime>> MarkedFrames::span() const {
    if (frames_.size() < 2) {
        return std::nullopt;
    }
    return std::pair(frames_.front().position, frames_.back().position);
}

void MarkedFrames::mark() {
    if (!current_.attended) {
        return;
    }
    const auto place = std::ranges::lower_bound(frames_, current_.position, {}, &session::Picture::position);
    if (place == frames_.end() || place->position != current_.position) {
        frames_.insert(place, current_);
    }
    update();
}

/// The marked frames, else the one on show.
std::vector<session::Picture> MarkedFrames::chosen() const {
    return !frames_.empty() || !current_.attended ? frames_ : std::vector{current_};
}

void MarkedFrames::save() {
    const ChosenFrames frames{clip_, model_, view_, style_, chosen()};
    const QString folder = QStandardPaths::writableLocation(QStandardPaths::PicturesLocation);
    const QString name = QFileInfo(clip_).completeBaseName();
    const QString path =
        choose_(this, folder + QLatin1Char('/') + (name.isEmpty() ? QStringLiteral("attention") : name) +
                          QStringLiteral("-attention.png"));
    if (path.isEmpty()) {
        return;
    }
    const QString full = QFileInfo(path).suffix().isEmpty() ? path + QStringLiteral(".png") : path;
    const auto written = writeFrames(frames, full);
    result_->setProperty("role", written ? QStringLiteral("muted") : QStringLiteral("warning"));
    result_->setText(written ? tr("Saved as %1").arg(QFileInfo(full).fileName()) : withHint(written.error()));
    result_->setToolTip(full);
    result_->setVisible(true);
}

void MarkedFrames::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        update();
    }
    QWidget::changeEvent(event);
}

void MarkedFrames::update() {
    mark_->setText(tr("Mark This Frame"));
    mark_->setToolTip(tr("Put the frame on show onto the sheet"));
    clear_->setText(tr("Clear"));
    clear_->setToolTip(tr("Take all marked frames off the sheet"));
    save_->setText(tr("Save Sheet…"));
    save_->setToolTip(tr("Write the marked frames, or else the one on show, as a picture, document or values"));
    mark_->setEnabled(current_.attended != nullptr);
    clear_->setEnabled(!frames_.empty());
    save_->setEnabled(!chosen().empty());
    QStringList times;
    for (const session::Picture& marked : frames_) {
        times.append(formatTime(marked.position));
    }
    list_->setText(times.isEmpty() ? tr("The sheet shows the present frame, or those that you mark.")
                                   : tr("Marked: %1").arg(times.join(QStringLiteral(", "))));
}

} // namespace livegloss::ui
