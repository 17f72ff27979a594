#include "ui/views/side_panel.h"

#include "ui/style/theme.h"
#include "ui/widgets/attention_legend.h"
#include "ui/widgets/hint_card.h"

#include <QEvent>
#include <QTabBar>
#include <QTabWidget>
#include <QVBoxLayout>

namespace livegloss::ui {

SidePanel::SidePanel(const LiveActions& actions, QWidget* parent)
    : QFrame(parent),
      tabs_(new QTabWidget(this)),
      history_(new HistoryPanel(actions, this)),
      vocabulary_(new VocabularyPanel(this)),
      hints_(new HintCard(this)),
      legend_(new AttentionLegend(this)) {
    setObjectName(QStringLiteral("sidePanel"));
    setMinimumWidth(30 * grid);
    tabs_->setObjectName(QStringLiteral("sideTabs"));
    tabs_->setDocumentMode(true);
    tabs_->tabBar()->setDrawBase(false);
    tabs_->addTab(history_, QString());
    tabs_->addTab(vocabulary_, QString());
    auto* hintFrame = new QVBoxLayout;
    hintFrame->setContentsMargins(2 * grid, grid, 2 * grid, 0);
    hintFrame->addWidget(hints_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(tabs_, 1);
    column->addLayout(hintFrame);
    column->addWidget(legend_);
    retranslate();
}

void SidePanel::showHistory() {
    tabs_->setCurrentWidget(history_);
    history_->focusList();
}

void SidePanel::showVocabularySearch() {
    tabs_->setCurrentWidget(vocabulary_);
    vocabulary_->focusSearch();
}

void SidePanel::setHintsWanted(bool wanted) {
    hintsWanted_ = wanted;
    fitHints();
}

void SidePanel::resizeEvent(QResizeEvent* event) {
    QFrame::resizeEvent(event);
    fitHints();
}

void SidePanel::fitHints() {
    const int card = hints_->heightForWidth(width() - 4 * grid) + grid;
    const int legend = legend_->isHidden() ? 0 : legend_->sizeHint().height();
    hints_->setVisible(hintsWanted_ && tabs_->minimumSizeHint().height() + card + legend <= height());
}

void SidePanel::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        retranslate();
        fitHints();
    }
    QFrame::changeEvent(event);
}

void SidePanel::retranslate() {
    tabs_->setTabText(0, tr("History"));
    tabs_->setTabText(1, tr("Vocabulary"));
    tabs_->tabBar()->setAccessibleName(tr("Side panel"));
}

} // namespace livegloss::ui
