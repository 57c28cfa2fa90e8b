import { encode } from "uqr";
import { t } from "@/i18n";

/** Light modules around it without which no camera finds it. */
const QUIET = 4;

/** One path of horizontal bars: a few kilobytes, sharp at every size. */
function barsOf(rows: boolean[][]): string {
  let path = "";
  rows.forEach((row, y) => {
    let from = 0;
    while (from < row.length) {
      if (row[from] !== true) {
        from += 1;
        continue;
      }
      let to = from;
      while (row[to] === true) to += 1;
      path += `M${from} ${y}h${to - from}v1h${from - to}z`;
      from = to;
    }
  });
  return path;
}

/** Dark on white in the dark theme too: many phones read nothing else. */
export function Qr({ code }: { code: string }) {
  const { size, data } = encode(code, { ecc: "L", border: 0 });
  const side = size + 2 * QUIET;
  return (
    <svg role="img" aria-label={t("link.qrLabel")} viewBox={`${-QUIET} ${-QUIET} ${side} ${side}`} shapeRendering="crispEdges" className="size-full bg-white">
      <path d={barsOf(data)} fill="#16110d" />
    </svg>
  );
}
