// Draws a loss curve.
#include "train/report/curves.h"

#include <algorithm>
#include <cmath>

#include "core/str.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

// The drawing area inside a view box of kWidth x kHeight.
constexpr double kWidth = 420, kHeight = 260, kLeft = 44, kRight = 10, kTop = 34, kBottom = 30;

struct Frame {
  double last_step, low, high;

  double x(double step) const { return kLeft + (kWidth - kLeft - kRight) * step / last_step; }
  double y(double value) const {
    return kHeight - kBottom - (kHeight - kTop - kBottom) * (value - low) / (high - low);
  }
};

std::string number(double value) { return fixed(value, 1); }

std::string tick_text(double value, double step) {
  int digits = step >= 1 ? 0 : static_cast<int>(std::ceil(-std::log10(step) - 1e-9));
  return step >= 1000 ? with_commas(std::lround(value)) : fixed(value, digits);
}

std::string line(double x1, double y1, double x2, double y2, const char* kind) {
  return str("<line class='", kind, "' x1='", number(x1), "' y1='", number(y1), "' x2='",
             number(x2), "' y2='", number(y2), "'/>");
}

std::string text(double x, double y, const char* kind, const char* anchor,
                 const std::string& words) {
  return str("<text class='", kind, "' x='", number(x), "' y='", number(y), "' text-anchor='",
             anchor, "'>", escape_html(words), "</text>");
}

std::string axes(const Frame& frame) {
  std::string out;
  double step = tick_step(frame.high - frame.low, 4);
  for (double v = std::ceil(frame.low / step) * step; v <= frame.high + step * 1e-6; v += step) {
    out += line(kLeft, frame.y(v), kWidth - kRight, frame.y(v), "grid");
    out += text(kLeft - 6, frame.y(v) + 4, "tick", "end", tick_text(v, step));
  }
  step = std::max(1.0, tick_step(frame.last_step, 4));
  for (double s = 0; s <= frame.last_step * (1 + 1e-6); s += step)
    out += text(frame.x(s), kHeight - kBottom + 16, "tick",
                s > 0.95 * frame.last_step ? "end" : "middle", tick_text(s, step));
  return out;
}

}  // namespace

double tick_step(double range, int count) {
  double rough = std::max(range, 1e-12) / count;
  double power = std::pow(10, std::floor(std::log10(rough)));
  double lead = rough / power;
  return power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
}

std::string curve_svg(const Curve& curve) {
  std::string out =
      str("<svg viewBox='0 0 ", kWidth, " ", kHeight, "' role='img' aria-label='",
          escape_html(curve.title), "'>", text(kLeft, 18, "title", "start", curve.title));
  if (curve.points.empty())
    return out + text(kWidth / 2, kHeight / 2, "tick", "middle", "no figures yet") + "</svg>";
  const double start = curve.chance.value_or(curve.points.front().second);
  Frame frame{1, start, start};
  for (auto [step, value] : curve.points) {
    frame.last_step = std::max(frame.last_step, step);
    frame.low = std::min(frame.low, value);
    frame.high = std::max(frame.high, value);
  }
  double margin = 0.06 * std::max(frame.high - frame.low, 1e-3);
  frame.low = frame.low >= 0 ? std::max(0.0, frame.low - margin) : frame.low - margin;
  frame.high += margin;

  out += axes(frame);
  if (curve.chance) {
    const double chance = frame.y(*curve.chance);
    out += line(kLeft, chance, kWidth - kRight, chance, "chance");
    bool above = chance > kTop + 14;
    out += text(kWidth - kRight - 4, chance + (above ? -5 : 14), "chance-label", "end",
                curve.chance_label);
  }
  out += "<polyline class='curve' points='";
  for (auto [step, value] : curve.points)
    out += number(frame.x(step)) + "," + number(frame.y(value)) + " ";
  auto [step, value] = curve.points.back();
  out += str("'/><circle class='end' r='3' cx='", number(frame.x(step)), "' cy='",
             number(frame.y(value)), "'/>");
  return out + text(frame.x(step) - 4, frame.y(value) - 8, "value", "end", fixed(value, 3)) +
         "</svg>";
}

}  // namespace medley::train
