#pragma once

#include <QByteArray>
#include <QFile>
#include <QProcess>
#include <QStringList>
#include <QTest>
#include <nlohmann/json.hpp>

/// What a run of livegloss-cli came to.
struct Outcome {
    int code = -1;
    QString out;
    QString err;
};

inline Outcome runCli(const QStringList& arguments) {
    QProcess process;
    process.start(QStringLiteral(LIVEGLOSS_CLI), arguments);
    if (!process.waitForFinished(100000)) {
        process.kill();
        return {-1, {}, QStringLiteral("no end within 100 s")};
    }
    const int code = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -2;
    return {code, QString::fromUtf8(process.readAllStandardOutput()),
            QString::fromUtf8(process.readAllStandardError())};
}

/// Standard output as JSON; discarded where it is none.
inline nlohmann::json parsed(const QString& text) {
    return nlohmann::json::parse(text.toStdString(), nullptr, false);
}

inline void writeFile(const QString& path, const QByteArray& contents) {
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(contents), contents.size());
}
