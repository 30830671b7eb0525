"""What is read back from a drawing: its words, their boxes and sizes."""

import itertools

from matplotlib.text import Text

MARGIN = 0.5  # pixels by which a box may err


def drawn(figure, monkeypatch):
    """Every text that is drawn, with its box in pixels."""
    seen, draw = [], Text.draw

    def noted(text, *arguments, **options):
        seen.append(text)
        draw(text, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Text, "draw", noted)
        figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    visible = (text for text in seen if text.get_visible() and text.get_text().strip())
    return [
        (text.get_text(), text.get_window_extent(renderer), text.get_fontsize()) for text in visible
    ]


def check_layout(figure, monkeypatch):
    """See that no text is cut off, overlaps another, or is too small for print."""
    boxes = drawn(figure, monkeypatch)
    assert len(boxes) > 10
    for text, box, size in boxes:
        assert size >= 6.0, text
        assert box.x0 > -MARGIN and box.y0 > -MARGIN, text
        assert box.x1 < figure.bbox.width + MARGIN, text
        assert box.y1 < figure.bbox.height + MARGIN, text
    for (one, a, _), (other, b, _) in itertools.combinations(boxes, 2):
        beside = min(a.x1, b.x1) - max(a.x0, b.x0) <= MARGIN
        above = min(a.y1, b.y1) - max(a.y0, b.y0) <= MARGIN
        assert beside or above, (one, other)
