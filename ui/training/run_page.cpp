#include "ui/training/run_page.h"

#include "ui/style/icons.h"
#include "ui/training/training_chart.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QEvent>
#include <QLineEdit>
#include <QPainter>
#include <QPlainTextEdit>
#include <QProgressBar>

#include <cmath>

namespace livegloss::ui {

namespace {

constexpr int progressSteps = 1000;
constexpr int messageHeight = 9 * grid;
constexpr int lowPage = 62 * grid; ///< below it the curves need the room of the messages
constexpr int mostLines = 500;
constexpr QSize sampleSize(28, 12);

QPixmap sampleOf(const ChartCurve& curve, double ratio) {
    QPixmap sample(sampleSize * ratio);
    sample.setDevicePixelRatio(ratio);
    sample.fill(Qt::transparent);
    QPainter painter(&sample);
    paintCurveSample(painter, QRectF(QPointF(), QSizeF(sampleSize)).adjusted(0, 0, -4, 0), curve);
    return sample;
}

} // namespace

RunPage::RunPage(QWidget* parent)
    : QWidget(parent),
      title_(pageLabel(this, "runTitle", "title")),
      detail_(pageLabel(this, "runDetail", "muted")),
      problem_(pageLabel(this, "runProblem", "warning")),
      start_(pageButton(this, "startRun", true)),
      stop_(pageButton(this, "stopRun")),
      endAtOnce_(pageButton(this, "endRunAtOnce")),
      open_(pageButton(this, "openRun")),
      progress_(new QProgressBar(this)),
      stage_(new QComboBox(this)),
      legend_(new QWidget(this)),
      plot_(new TimePlot(this)),
      messages_(new QPlainTextEdit(this)),
      commandLabel_(pageLabel(this, "commandLabel", "muted")),
      command_(new QLineEdit(this)),
      copy_(pageButton(this, "copyCommand")) {
    setObjectName(QStringLiteral("runPage"));
    setAttribute(Qt::WA_StyledBackground);
    build();
    retranslate();
}

void RunPage::build() {
    problem_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    detail_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    progress_->setObjectName(QStringLiteral("runProgress"));
    progress_->setTextVisible(false);
    progress_->setFixedHeight(grid / 2);
    stop_->setIcon(icon(QStringLiteral("stop")));
    messages_->setObjectName(QStringLiteral("runMessages"));
    messages_->setReadOnly(true);
    messages_->setFrameShape(QFrame::NoFrame);
    messages_->setMaximumBlockCount(mostLines);
    messages_->setFixedHeight(messageHeight);
    messages_->setTabChangesFocus(true);
    auto* texts = new QVBoxLayout;
    texts->setSpacing(grid / 2);
    texts->addWidget(title_);
    texts->addWidget(detail_);
    auto* top = new QHBoxLayout;
    top->setSpacing(grid);
    top->addLayout(texts, 1);
    for (QPushButton* button : {open_, endAtOnce_, stop_, start_}) {
        top->addWidget(button, 0, Qt::AlignTop);
    }
    QVBoxLayout* column = pageColumn(this);
    column->addLayout(top);
    column->addWidget(problem_);
    column->addWidget(progress_);
    column->addWidget(buildFigures());
    column->addWidget(buildCurves(), 1);
    column->addWidget(messages_);
    column->addWidget(buildCommand());
    connect(start_, &QPushButton::clicked, this, &RunPage::startAsked);
    connect(stop_, &QPushButton::clicked, this, &RunPage::stopAsked);
    connect(endAtOnce_, &QPushButton::clicked, this, &RunPage::endAtOnceAsked);
    connect(open_, &QPushButton::clicked, this, &RunPage::openAsked);
}

QWidget* RunPage::buildFigures() {
    auto* row = new QWidget(this);
    auto* cells = new QGridLayout(row);
    cells->setContentsMargins(0, 0, 0, 0);
    cells->setHorizontalSpacing(4 * grid);
    cells->setVerticalSpacing(0);
    constexpr const char* names[figureCount] = {"figureSpeed", "figureLeft", "figureNewest", "figureBest",
                                                "figureSkipped"};
    for (int place = 0; place < figureCount; ++place) {
        figureNames_[place] = pageLabel(row, "figureName", "muted");
        figures_[place] = pageLabel(row, names[place], "heading");
        for (QLabel* label : {figureNames_[place], figures_[place]}) {
            label->setWordWrap(false);
            cells->addWidget(label, label == figures_[place] ? 1 : 0, place);
        }
    }
    cells->setColumnStretch(figureCount, 1);
    return row;
}

QWidget* RunPage::buildCurves() {
    auto* box = new QWidget(this);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(grid / 2);
    auto* row = new QHBoxLayout;
    row->setSpacing(grid);
    row->addWidget(stage_);
    row->addWidget(legend_, 1);
    auto* entries = new QHBoxLayout(legend_);
    entries->setContentsMargins(0, 0, 0, 0);
    entries->setSpacing(grid);
    stage_->setObjectName(QStringLiteral("runStage"));
    stage_->hide();
    column->addLayout(row);
    column->addWidget(plot_, 1);
    plot_->setSeekable(true);
    connect(plot_, &TimePlot::seekRequested, this, [this](MediaTime time) {
        follows_ = plot_->chart().times.empty() || time >= plot_->chart().times.back();
        updateLegend();
    });
    connect(stage_, &QComboBox::activated, this, [this] {
        chosenStage_ = stage_->currentIndex() == stage_->count() - 1 ? QString() : stage_->currentData().toString();
        drawCurves();
    });
    return box;
}

QWidget* RunPage::buildCommand() {
    auto* box = new QWidget(this);
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(grid);
    command_->setObjectName(QStringLiteral("runCommand"));
    command_->setReadOnly(true);
    commandLabel_->setWordWrap(false);
    commandLabel_->setBuddy(command_);
    copy_->setIcon(icon(QStringLiteral("copy")));
    row->addWidget(commandLabel_);
    row->addWidget(command_, 1);
    row->addWidget(copy_);
    connect(copy_, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(command_->text()); });
    return box;
}

void RunPage::setView(const RunView& view) {
    view_ = view;
    title_->setText(view.title);
    detail_->setText(view.detail);
    showText(problem_, view.problem);
    const bool hadFocus = start_->hasFocus() || stop_->hasFocus() || endAtOnce_->hasFocus();
    if (!view.startText.isEmpty()) {
        start_->setText(view.startText);
    }
    start_->setVisible(!view.canStop && !view.canEndAtOnce);
    start_->setEnabled(!view.startText.isEmpty());
    stop_->setVisible(view.canStop);
    endAtOnce_->setVisible(view.canEndAtOnce);
    if (hadFocus) { // the buttons change places; what can be pressed next keeps the keyboard
        (view.canStop ? stop_ : view.canEndAtOnce ? endAtOnce_ : start_)->setFocus();
    }
    progress_->setVisible(view.busy || view.share >= 0.0);
    progress_->setRange(0, view.busy ? 0 : progressSteps);
    progress_->setValue(static_cast<int>(std::lround(std::max(0.0, view.share) * progressSteps)));
    const QString values[figureCount] = {view.speed, view.left, view.newest, view.best, view.skipped};
    for (int place = 0; place < figureCount; ++place) {
        figures_[place]->setText(values[place].isEmpty() ? QStringLiteral("\u2013") : values[place]);
    }
    const bool skipped = !view.skipped.isEmpty();
    figures_[figureCount - 1]->setVisible(skipped);
    figureNames_[figureCount - 1]->setVisible(skipped);
}

void RunPage::setCommand(const QString& command) {
    if (command_->text() != command) {
        command_->setText(command);
        command_->setCursorPosition(0);
    }
    copy_->setEnabled(!command.isEmpty());
}

void RunPage::setHistory(const training::RunHistory& history) {
    history_ = &history;
    drawCurves();
}

void RunPage::drawCurves() {
    const QStringList stages = history_ != nullptr ? TrainingCharts::stages(*history_) : QStringList();
    if (!stages.contains(chosenStage_)) {
        chosenStage_.clear();
    }
    const QString shown = chosenStage_.isEmpty() && !stages.isEmpty() ? stages.last() : chosenStage_;
    if (stage_->count() != stages.size()) { // not while a person looks through the list
        stage_->clear();
        for (const QString& stage : stages) {
            stage_->addItem(TrainingCharts::stageName(stage), stage);
        }
    }
    stage_->setCurrentIndex(static_cast<int>(stages.indexOf(shown)));
    stage_->setVisible(stages.size() > 1);
    const bool dark = &themeColours(palette()) == &themeColours(true);
    const TimeChart chart = shown.isEmpty() ? TimeChart() : TrainingCharts::chart(*history_, shown, dark);
    plot_->setExtent(TrainingCharts::extent(chart));
    plot_->setChart(chart);
    if (follows_ && !chart.times.empty()) {
        plot_->setCursor(chart.times.back());
    }
    updateLegend();
}

/// The curves' names with their values at the cursor.
void RunPage::updateLegend() {
    auto* entries = static_cast<QHBoxLayout*>(legend_->layout());
    while (QLayoutItem* item = entries->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    const TimeChart& chart = plot_->chart();
    const auto index = chartIndexAt(chart, plot_->cursorTime());
    for (const ChartCurve& curve : chart.curves) {
        auto* entry = new QWidget(legend_);
        auto* row = new QHBoxLayout(entry);
        row->setContentsMargins(0, 0, 0, 0);
        row->setSpacing(grid / 2);
        auto* sample = new QLabel(entry);
        sample->setPixmap(sampleOf(curve, devicePixelRatioF()));
        const auto value = index ? chartValueAt(curve, *index) : std::nullopt;
        auto* name = pageLabel(entry, "legendEntry", "muted");
        name->setWordWrap(false);
        name->setText(value ? QStringLiteral("%1  %2").arg(curve.name, chartValue(chart.lanes.at(curve.lane), *value))
                            : curve.name);
        row->addWidget(sample);
        row->addWidget(name);
        entries->addWidget(entry);
    }
    entries->addStretch();
}

void RunPage::addMessage(const QString& message) {
    messages_->appendPlainText(message);
}

void RunPage::setMessages(const QStringList& messages) {
    messages_->setPlainText(messages.join(QLatin1Char('\n')));
}

void RunPage::setOpenable(bool openable) {
    open_->setVisible(openable);
}

void RunPage::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        retranslate();
    }
    if (event->type() == QEvent::LanguageChange || event->type() == QEvent::PaletteChange) {
        stage_->clear();
        drawCurves();
    }
    QWidget::changeEvent(event);
}

void RunPage::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    messages_->setVisible(height() >= lowPage);
}

void RunPage::retranslate() {
    const QString names[figureCount] = {tr("Speed"), tr("Time left of this part"), tr("Errors on dev now"),
                                        tr("Best so far"), tr("Batches skipped")};
    for (int place = 0; place < figureCount; ++place) {
        figureNames_[place]->setText(names[place]);
    }
    figureNames_[2]->setToolTip(tr("Word error rate on the clips of dev, which training does not see"));
    figureNames_[3]->setToolTip(tr("The model with the lowest word error rate is kept"));
    figureNames_[4]->setToolTip(tr("Batches whose loss or gradient was no finite number"));
    start_->setText(tr("Start Training"));
    stop_->setText(tr("Stop"));
    stop_->setToolTip(tr("Write a checkpoint and end; it can go on later"));
    endAtOnce_->setText(tr("End at Once"));
    endAtOnce_->setToolTip(tr("End without a new checkpoint: what came after the last one is lost"));
    open_->setText(tr("Open Run…"));
    open_->setToolTip(tr("Choose the folder of an earlier run, to look at it or to go on"));
    progress_->setAccessibleName(tr("Progress of the training"));
    stage_->setAccessibleName(tr("Part of the training whose curves are shown"));
    stage_->setToolTip(stage_->accessibleName());
    plot_->setAccessibleName(tr("Curves of the training"));
    plot_->setHint(tr("Curves appear here with the first steps."));
    messages_->setAccessibleName(tr("Messages of the run"));
    messages_->setPlaceholderText(tr("What the run reports appears here."));
    commandLabel_->setText(tr("Command"));
    command_->setAccessibleName(tr("The same on the command line"));
    command_->setToolTip(command_->accessibleName());
    copy_->setText(tr("Copy"));
    copy_->setAccessibleName(tr("Copy the command"));
    setView(view_);
}

} // namespace livegloss::ui
