#pragma once

#include "dataset/dataset.h"
#include "small_datasets.h"

#include <QStringList>

/// What readers made of a data set, in lines that tests compare.
namespace small {

using livegloss::Result;
using livegloss::dataset::Clip;
using livegloss::dataset::Dataset;
using livegloss::dataset::openDataset;

inline QString summary(const Clip& clip) {
    QStringList glosses;
    for (const std::string& gloss : clip.glosses) {
        glosses << QString::fromStdString(gloss);
    }
    return QStringLiteral("%1 %2 %3: %4")
        .arg(QString::fromStdString(clip.split), QString::fromStdString(clip.id), QString::fromStdString(clip.signer),
             glosses.join(' '));
}

inline QString relativeMedia(const Dataset& data, std::size_t index) {
    return QString::fromStdString(data.clips.at(index).media.lexically_relative(data.root).generic_string());
}

inline Result<Dataset> open(const QString& root) {
    return openDataset(root.toStdString());
}

inline QStringList summaries(const Dataset& data) {
    QStringList list;
    for (const Clip& clip : data.clips) {
        list << summary(clip);
    }
    return list;
}

} // namespace small
