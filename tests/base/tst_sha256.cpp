#include "base/sha256.h"

#include <QCryptographicHash>
#include <QTemporaryFile>
#include <QtTest>
#include <random>

using namespace livegloss;

namespace {

std::string sumOf(const QByteArray& bytes, qsizetype part) {
    Sha256 sum;
    for (qsizetype at = 0; at < bytes.size(); at += part) {
        const QByteArray piece = bytes.mid(at, part);
        sum.add(std::as_bytes(std::span(piece.data(), static_cast<std::size_t>(piece.size()))));
    }
    return sum.finish();
}

} // namespace

class TestSha256 : public QObject {
    Q_OBJECT

private slots:
    void publishedExamples() {
        QCOMPARE(sumOf({}, 1), std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
        QCOMPARE(sumOf("abc", 3), std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    }

    void everyLengthAgreesWithQt() {
        const unsigned seed = std::random_device{}();
        qInfo("seed %u", seed);
        std::mt19937 random(seed);
        for (qsizetype length = 0; length < 300; ++length) {
            QByteArray bytes(length, '\0');
            for (char& byte : bytes) {
                byte = static_cast<char>(random());
            }
            const QByteArray expected = QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex();
            QCOMPARE(sumOf(bytes, 1 + static_cast<qsizetype>(random() % 100)), expected.toStdString());
        }
    }

    void filesAreSummedToTheirEnd() {
        QTemporaryFile file;
        QVERIFY(file.open());
        const QByteArray bytes(3'000'001, 'x');
        QCOMPARE(file.write(bytes), bytes.size());
        file.flush();
        const auto sum = fileSha256(file.fileName().toStdString());
        QVERIFY(sum.has_value());
        QCOMPARE(*sum, QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex().toStdString());
        QVERIFY(!fileSha256("/nowhere/at/all"));
    }
};

QTEST_APPLESS_MAIN(TestSha256)
#include "tst_sha256.moc"
