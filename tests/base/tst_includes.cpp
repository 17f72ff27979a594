#include <QDirIterator>
#include <QFile>
#include <QMap>
#include <QRegularExpression>
#include <QSet>
#include <QTest>

namespace {

/// Which folders of core a folder of core may include, besides itself (ARCHITECTURE.md). A new folder needs a line
/// here.
const QMap<QString, QSet<QString>>& allowedFolders() {
    static const QMap<QString, QSet<QString>> allowed{
        {"base", {}},
        {"tensorfile", {"base"}},
        {"model", {"base", "tensorfile"}},
        {"importing", {"base", "tensorfile", "model"}},
        {"kernels", {"base"}},
        {"engine", {"base", "tensorfile", "model", "kernels"}},
        {"decode", {"base"}},
        {"language", {"base", "decode"}},
        {"media", {"base"}},
        {"vision", {"base"}},
        {"synth", {"base"}},
        {"annotation", {"base"}},
        {"evaluation", {"base", "decode"}},
        {"dataset", {"base", "evaluation"}},
        {"training", {"base", "tensorfile", "model", "engine", "decode", "evaluation"}},
        {"retrieval", {"base", "tensorfile", "model", "engine"}},
        {"attention", {"base", "tensorfile", "model", "engine", "media", "vision"}},
        {"session", {"base", "model", "engine", "decode", "media", "vision", "attention"}},
        {"export", {"base", "session", "evaluation"}},
    };
    return allowed;
}

struct Library {
    QRegularExpression header;
    QSet<QString> folders; ///< of core, that may include it
    bool inUi;
};

const QMap<QString, Library>& libraries() {
    static const QMap<QString, Library> all{
        {"Qt", {QRegularExpression("^(Q[A-Z]|Qt|qt)"), {}, true}},
        {"LibTorch",
         {QRegularExpression("^(torch|ATen|c10|caffe2)/"), {"model", "engine", "training", "retrieval"}, false}},
        {"oneDNN", {QRegularExpression("^(oneapi/)?dnnl"), {"kernels"}, false}},
        {"OpenCV", {QRegularExpression("^opencv2?/"), {"vision", "synth"}, false}},
        {"FFmpeg",
         {QRegularExpression("^lib(avcodec|avdevice|avfilter|avformat|avutil|swresample|swscale)/"), {"media"}, false}},
    };
    return all;
}

QStringList includesOf(const QString& source) {
    static const QRegularExpression include("^[ \\t]*#[ \\t]*include[ \\t]*[<\"]([^>\"]+)[>\"]",
                                            QRegularExpression::MultilineOption);
    QStringList includes;
    for (auto match = include.globalMatch(source); match.hasNext();) {
        includes.push_back(match.next().captured(1));
    }
    return includes;
}

/// What `path` (relative to the root: core/decode/ctc.cpp) does wrong by including `header`; empty: nothing.
QString objection(const QString& path, const QString& header) {
    const QStringList parts = path.split('/');
    const QString layer = parts.at(0);
    const QString folder = parts.size() > 2 ? parts.at(1) : QString();
    const QString target = header.section('/', 0, 0);
    if (header.contains("..")) {
        return QStringLiteral("%1 includes %2 by a relative path").arg(path, header);
    }
    static const QRegularExpression network(
        "^(QtNetwork/)?Q(Network|Tcp|Udp|Ssl|Http|Dns|Host|Abstract|Local)\\w*(Socket|Server|Address|"
        "Info|Manager|Reply|Request|Proxy|ProxyFactory|Part|Lookup|Configuration)$");
    if (network.match(header).hasMatch() && !path.startsWith("ui/downloads/")) {
        return QStringLiteral("%1 includes %2: only ui/downloads opens connections").arg(path, header);
    }
    for (auto library = libraries().begin(); library != libraries().end(); ++library) {
        if (library->header.match(header).hasMatch() && !header.endsWith(".moc")) {
            const bool fine = layer == "app" || (layer == "ui" && library->inUi) ||
                              (layer == "core" && library->folders.contains(folder));
            return fine ? QString() : QStringLiteral("%1 includes %2: no %3 there").arg(path, header, library.key());
        }
    }
    if ((layer == "core" && (target == "ui" || target == "app")) || (layer == "ui" && target == "app")) {
        return QStringLiteral("%1 includes %2 of a layer above it").arg(path, header);
    }
    if (layer == "core" && header.contains('/') && allowedFolders().contains(target) && target != folder &&
        !allowedFolders().value(folder).contains(target)) {
        return QStringLiteral("%1 includes %2: core/%3 may not use core/%4").arg(path, header, folder, target);
    }
    return {};
}

struct SourceFile {
    QString path; ///< relative to the root
    QString text;
};

QList<SourceFile> sourceFiles() {
    const QDir root(QStringLiteral(LIVEGLOSS_SOURCE_DIR));
    QList<SourceFile> files;
    for (const char* layer : {"core", "ui", "app"}) {
        QDirIterator paths(root.filePath(layer), {"*.h", "*.cpp"}, QDir::Files, QDirIterator::Subdirectories);
        while (paths.hasNext()) {
            QFile file(paths.next());
            if (file.open(QIODevice::ReadOnly)) {
                files.push_back({root.relativeFilePath(file.fileName()), QString::fromUtf8(file.readAll())});
            }
        }
    }
    return files;
}

void report(const QStringList& complaints) {
    QVERIFY2(complaints.isEmpty(), qPrintable('\n' + complaints.join('\n')));
}

} // namespace

/// Which folder may include what, and how long a file may get.
class TestIncludes : public QObject {
    Q_OBJECT

private slots:
    void rulesCatchWrongIncludes_data() {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("header");
        QTest::addColumn<bool>("allowed");
        const auto row = [](const char* path, const char* header, bool allowed) {
            QTest::addRow("%s <- %s", path, header) << path << header << allowed;
        };
        row("core/decode/ctc.cpp", "decode/ctc.h", true);
        row("core/decode/ctc.cpp", "base/frame.h", true);
        row("core/decode/ctc.cpp", "vector", true);
        row("core/decode/ctc.cpp", "engine/loaded_model.h", false);
        row("core/decode/ctc.cpp", "torch/torch.h", false);
        row("core/decode/ctc.cpp", "QString", false);
        row("core/decode/include/decode/ctc.h", "QtCore/qglobal.h", false);
        row("core/base/log.cpp", "decode/ctc.h", false);
        row("core/engine/encoder.cpp", "torch/torch.h", true);
        row("core/engine/encoder.cpp", "media/frame_source.h", false);
        row("core/media/file.cpp", "libavformat/avformat.h", true);
        row("core/vision/resize.cpp", "opencv2/imgproc.hpp", true);
        row("core/vision/resize.cpp", "libswscale/swscale.h", false);
        row("core/session/player.cpp", "engine/loaded_model.h", true);
        row("core/session/player.cpp", "ui/views/stage.h", false);
        row("core/session/player.cpp", "../decode/ctc.h", false);
        row("ui/views/stage.cpp", "QWidget", true);
        row("ui/views/stage.cpp", "session/live_session.h", true);
        row("ui/views/stage.cpp", "ATen/ATen.h", false);
        row("ui/views/stage.cpp", "c10/util/Optional.h", false);
        row("ui/views/stage.cpp", "opencv2/core.hpp", false);
        row("ui/views/stage.cpp", "libavcodec/avcodec.h", false);
        row("ui/views/stage.cpp", "app/cli/commands.h", false);
        row("app/main.cpp", "ui/windows/main_window.h", true);
        row("ui/downloads/download.cpp", "QNetworkReply", true);
        row("ui/views/stage.cpp", "QNetworkAccessManager", false);
        row("ui/models/model_page.cpp", "QtNetwork/QTcpSocket", false);
        row("app/window/main.cpp", "QSslSocket", false);
    }
    void rulesCatchWrongIncludes() {
        QFETCH(QString, path);
        QFETCH(QString, header);
        QFETCH(bool, allowed);
        QCOMPARE(objection(path, header).isEmpty(), allowed);
    }

    void includesAreFoundInSources() {
        QCOMPARE(includesOf("#include <a>\n  # include \"b/c.h\" // why\nint x; // #include <no>\n#include<d>\n"),
                 QStringList({"a", "b/c.h", "d"}));
    }

    void everyIncludeKeepsTheRules() {
        const QList<SourceFile> files = sourceFiles();
        QVERIFY2(files.size() > 30, "the sources are not where they should be");
        QStringList complaints;
        for (const SourceFile& file : files) {
            for (const QString& header : includesOf(file.text)) {
                if (const QString wrong = objection(file.path, header); !wrong.isEmpty()) {
                    complaints.push_back(wrong);
                }
            }
        }
        report(complaints);
    }

    void everyFolderOfCoreHasItsRule() {
        QStringList complaints;
        const QDir core(QStringLiteral(LIVEGLOSS_SOURCE_DIR "/core"));
        for (const QString& folder : core.entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
            if (!allowedFolders().contains(folder)) {
                complaints.push_back(QStringLiteral("core/%1 has no rule in this test").arg(folder));
            }
        }
        report(complaints);
    }

    void filesStayReadable() {
        constexpr qsizetype kLongest = 400;
        QStringList complaints;
        for (const SourceFile& file : sourceFiles()) {
            if (const qsizetype lines = file.text.count('\n'); lines > kLongest) {
                complaints.push_back(
                    QStringLiteral("%1 has %2 lines, more than %3: split it").arg(file.path).arg(lines).arg(kLongest));
            }
        }
        report(complaints);
    }
};

QTEST_APPLESS_MAIN(TestIncludes)
#include "tst_includes.moc"
