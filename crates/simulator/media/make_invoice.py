"""Writes the sample invoice, a one-page PDF with the built-in Helvetica. Called by make_samples.sh."""

import sys

INK, GREEN, GREY = "0.13 0.15 0.18", "0.10 0.45 0.33", "0.45 0.49 0.53"


def text(x, y, size, words, color=INK, font="F1"):
    words = words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /{font} {size} Tf {color} rg {x} {y} Td ({words}) Tj ET"


def line(y, color="0.85 0.87 0.88"):
    return f"{color} RG 1 w 56 {y} m 539 {y} l S"


ROWS = [("Boston fern, 30 cm pot", "2", "24.00", "48.00"), ("Terracotta pot with saucer", "2", "9.50", "19.00"),
        ("Potting soil, 20 l", "1", "7.90", "7.90"), ("Delivery", "1", "4.90", "4.90")]

page = [f"{GREEN} rg 56 770 28 28 re f", text(94, 778, 20, "Fern & Co", font="F2"),
        text(430, 778, 20, "INVOICE", GREY, "F2"), text(56, 728, 10, "Invoice 2041", GREY),
        text(56, 712, 10, "Due within 14 days", GREY), text(56, 676, 11, "To: Ana Popescu, Strada Lalelelor 12, Cluj-Napoca")]
page += [text(56, 636, 10, "Article", GREY), text(350, 636, 10, "Pieces", GREY), text(420, 636, 10, "Each", GREY),
         text(496, 636, 10, "EUR", GREY), line(628)]
y = 606
for name, pieces, each, total in ROWS:
    page += [text(56, y, 11, name), text(360, y, 11, pieces), text(420, y, 11, each), text(496, y, 11, total), line(y - 10)]
    y -= 28
page += [text(420, y - 6, 12, "Total", font="F2"), text(490, y - 6, 12, "79.80", GREEN, "F2"),
         text(56, 90, 9, "Thank you. Questions? Write to us on WhatsApp.", GREY)]
stream = "\n".join(page).encode()

objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
           b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
           b"/Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>",
           b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
           b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
           b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold >>"]
pdf, places = b"%PDF-1.4\n", []
for number, body in enumerate(objects, 1):
    places.append(len(pdf))
    pdf += b"%d 0 obj\n%s\nendobj\n" % (number, body)
table = len(pdf)
pdf += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
pdf += b"".join(b"%010d 00000 n \n" % place for place in places)
pdf += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
open(sys.argv[1], "wb").write(pdf)
