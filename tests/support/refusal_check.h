#pragma once

#include "base/result.h"
#include "peak_memory.h"
#include "tensorfile/tensor_source.h"

#include <QFile>
#include <QString>
#include <QTemporaryDir>
#include <QTest>
#include <ctime>
#include <filesystem>
#include <functional>
#include <string>

namespace livegloss::testfiles {

/// Adds a bad file: its name, its contents and what the message must speak of.
using Row = std::function<void(const std::string&, const std::string&, const char*)>;

/// For a test function with the columns "contents" and "message".
inline Row rowAdder() {
    QTest::addColumn<QByteArray>("contents");
    QTest::addColumn<QString>("message");
    return [](const std::string& name, const std::string& contents, const char* message) {
        QTest::newRow(name.c_str()) << QByteArray::fromStdString(contents) << QString(message);
    };
}

/// Opens a model file and reads every tensor.
inline Result<void> openAndRead(const std::filesystem::path& path) {
    const auto file = tensorfile::openTensorFile(path);
    if (!file) {
        return tl::unexpected(file.error());
    }
    for (const tensorfile::SourceTensor& tensor : (*file)->tensors()) {
        if (const auto values = (*file)->readFloats(tensor.name); !values) {
            return tl::unexpected(values.error());
        }
    }
    return {};
}

/// Writes `contents` as a file and lets `open` (path to Result<void>) try it. Returns what is wrong with the refusal:
/// empty when the file is refused in time and within its memory, with a message that names the file and says `message`,
/// and with a hint.
template <class Open>
QString refusalProblem(const QTemporaryDir& folder, const QByteArray& contents, const QString& message, Open open) {
#if defined(__SANITIZE_THREAD__)
    constexpr int slower = 20;
    constexpr int larger = 4;
#elif defined(__SANITIZE_ADDRESS__)
    constexpr int slower = 4;
    constexpr int larger = 4;
#else
    constexpr int slower = 1;
    constexpr int larger = 1;
#endif
    constexpr double longestSeconds = 2 * slower;
    constexpr std::int64_t mostGrowth = std::int64_t{256 << 20} * larger;
    QFile file(folder.filePath("bad file.bin"));
    if (!file.open(QIODevice::WriteOnly) || file.write(contents) != contents.size()) {
        return "the file cannot be written";
    }
    file.close();
    PeakMemory memory;
    // Processor time, so that other work on the machine does not fail the test.
    const std::clock_t begin = std::clock();
    const Result<void> opened = open(std::filesystem::path(file.fileName().toStdString()));
    const double elapsed = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    const std::int64_t growth = memory.growth();
    if (opened) {
        return "it was accepted";
    }
    const Error& error = opened.error();
    const QString text = QString::fromStdString(error.message);
    if (error.code != ErrorCode::Unreadable && error.code != ErrorCode::Unsupported) {
        return "unexpected error code, with: " + text;
    }
    if (!text.contains(message)) {
        return "the message does not speak of '" + message + "': " + text;
    }
    if (!text.contains("bad file.bin")) {
        return "the message does not name the file: " + text;
    }
    if (error.hint.empty()) {
        return "no hint for: " + text;
    }
    if (elapsed > longestSeconds) {
        return QString("it took %1 s").arg(elapsed);
    }
    if (growth > mostGrowth) {
        return QString("memory grew by %1 MiB").arg(growth >> 20);
    }
    return {};
}

} // namespace livegloss::testfiles
