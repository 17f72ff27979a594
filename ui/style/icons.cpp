#include "ui/style/icons.h"

#include <QApplication>
#include <QFile>
#include <QIconEngine>
#include <QPainter>
#include <QPalette>
#include <QPixmapCache>
#include <QSvgRenderer>

namespace livegloss::ui {

namespace {

QByteArray svgOf(const QString& name) {
    QFile file(QStringLiteral(":/icons/") + name + QStringLiteral(".svg"));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QPixmap render(const QString& name, const QSize& pixels, const QColor& colour) {
    const QString key = QStringLiteral("livegloss-icon/%1/%2x%3/%4")
                            .arg(name)
                            .arg(pixels.width())
                            .arg(pixels.height())
                            .arg(colour.rgba(), 0, 16);
    QPixmap pixmap;
    if (QPixmapCache::find(key, &pixmap)) {
        return pixmap;
    }
    QByteArray svg = svgOf(name);
    svg.replace("currentColor", colour.name(QColor::HexRgb).toLatin1());
    QSvgRenderer renderer(svg);
    pixmap = QPixmap(pixels);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setOpacity(colour.alphaF());
    const int side = std::min(pixels.width(), pixels.height());
    renderer.render(&painter, QRectF((pixels.width() - side) / 2.0, (pixels.height() - side) / 2.0, side, side));
    painter.end();
    QPixmapCache::insert(key, pixmap);
    return pixmap;
}

/// Draws an SVG in the palette's colour for the widget state.
class PaletteIconEngine final : public QIconEngine {
public:
    explicit PaletteIconEngine(QString name) : name_(std::move(name)) {}

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override {
        const qreal ratio = painter->device() ? painter->device()->devicePixelRatioF() : 1.0;
        QPixmap drawn = pixmap(rect.size() * ratio, mode, state);
        drawn.setDevicePixelRatio(ratio);
        painter->drawPixmap(rect, drawn);
    }
    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
        const QPalette palette = QApplication::palette();
        QColor colour = palette.color(QPalette::Active, QPalette::ButtonText);
        if (mode == QIcon::Disabled) {
            colour = palette.color(QPalette::Disabled, QPalette::ButtonText);
        } else if (state == QIcon::On) {
            colour = palette.color(QPalette::Active, QPalette::Link);
        } else if (mode == QIcon::Selected) {
            colour = palette.color(QPalette::Active, QPalette::HighlightedText);
        }
        return render(name_, size, colour);
    }
    /// Up to Qt 6.7 the size comes in pixels of the device, later in pixels of the interface.
    QPixmap scaledPixmap(const QSize& size, QIcon::Mode mode, QIcon::State state, qreal scale) override {
        const qreal factor = QT_VERSION < QT_VERSION_CHECK(6, 8, 0) ? 1.0 : scale;
        return pixmap((QSizeF(size) * factor).toSize(), mode, state);
    }
    QSize actualSize(const QSize& size, QIcon::Mode, QIcon::State) override { return size; }
    QString key() const override { return QStringLiteral("livegloss"); }
    QIconEngine* clone() const override { return new PaletteIconEngine(name_); }
    bool isNull() override { return false; }

private:
    QString name_;
};

} // namespace

QIcon icon(const QString& name) {
    return QFile::exists(QStringLiteral(":/icons/") + name + QStringLiteral(".svg"))
               ? QIcon(new PaletteIconEngine(name))
               : QIcon();
}

QPixmap iconPixmap(const QString& name, int side, qreal devicePixelRatio, const QColor& colour) {
    const int pixels = qRound(side * devicePixelRatio);
    QPixmap pixmap = render(name, QSize(pixels, pixels), colour);
    pixmap.setDevicePixelRatio(devicePixelRatio);
    return pixmap;
}

QIcon applicationIcon() {
    return icon(QStringLiteral("livegloss"));
}

} // namespace livegloss::ui
