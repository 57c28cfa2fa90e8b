import { describe, expect, test } from "vitest";
import { initials, readablePhone } from "./people";
import { type Piece, isFewEmoji, parseText } from "./whatsapp-text";

/** A compact way to read a tree: marks as tags, links in brackets. */
function show(pieces: Piece[]): string {
  return pieces
    .map((piece) => {
      if (piece.kind === "text") return piece.text;
      if (piece.kind === "link") return `[${piece.text}](${piece.href})`;
      if (piece.kind === "code") return piece.block ? `<pre>${piece.text}</pre>` : `<code>${piece.text}</code>`;
      return `<${piece.kind}>${show(piece.pieces)}</${piece.kind}>`;
    })
    .join("");
}

describe("WhatsApp's marks", () => {
  test.each([
    ["plain", "plain"],
    ["*bold* _it_ ~no~", "<bold>bold</bold> <italic>it</italic> <strike>no</strike>"],
    ["*bold _and italic_*", "<bold>bold <italic>and italic</italic></bold>"],
    ["2*3*4 and snake_case_name", "2*3*4 and snake_case_name"],
    ["* not bold * and *open", "* not bold * and *open"],
    ["*no\nbreak*", "*no\nbreak*"],
    ["```let a = *1*```", "<pre>let a = *1*</pre>"],
    ["`x_y_z`", "<code>x_y_z</code>"],
    ["(*yes*)", "(<bold>yes</bold>)"],
    ["*السلام* عليكم", "<bold>السلام</bold> عليكم"],
    ["<b>no</b> <script>x</script>", "<b>no</b> <script>x</script>"],
  ])("%s", (text, expected) => {
    expect(show(parseText(text))).toBe(expected);
  });
});

describe("links", () => {
  test.each([
    ["see https://a.example/x_y_z?q=1.", "see [https://a.example/x_y_z?q=1](https://a.example/x_y_z?q=1)."],
    ["(www.a.example)", "([www.a.example](https://www.a.example))"],
    ["write to ana@shop.example!", "write to [ana@shop.example](mailto:ana@shop.example)!"],
    ["javascript:alert(1)", "javascript:alert(1)"],
    ["*https://a.example*", "<bold>[https://a.example](https://a.example)</bold>"],
  ])("%s", (text, expected) => {
    expect(show(parseText(text))).toBe(expected);
  });

  test("a text made to be slow is not", () => {
    const started = performance.now();
    parseText("*a_b~".repeat(800));
    parseText("a".repeat(4_096));
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

test("up to three emoji stand alone", () => {
  expect(isFewEmoji("🙏")).toBe(true);
  expect(isFewEmoji("👨‍👩‍👧 ❤️ 🇪🇸")).toBe(true);
  expect(isFewEmoji("🙏🙏🙏🙏")).toBe(false);
  expect(isFewEmoji("ok 👍")).toBe(false);
  expect(isFewEmoji("12")).toBe(false);
});

test("initials fit a circle in any script", () => {
  expect(initials("María José Hernández")).toBe("MH");
  expect(initials("फ़ातिमा शेख")).toBe("फ़ा");
  expect(initials("محمد علي")).toBe("م");
  expect(initials("+34 600 111 222")).toBe("");
});

test("numbers are grouped after the country", () => {
  expect(readablePhone("+34600111222")).toBe("+34 600 111 222");
  expect(readablePhone("+971501234567")).toBe("+971 501 234 567");
  expect(readablePhone("+12025550123")).toBe("+1 202 555 0123");
  expect(readablePhone("12345")).toBe("12345");
});
