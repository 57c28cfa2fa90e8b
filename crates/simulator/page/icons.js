// The page's icons: 24×24 outlines in the current text colour (drawn after the style of Lucide, ISC licence).

const PATHS = {
  back: "m15 18-6-6 6-6",
  plus: "M12 5v14M5 12h14",
  info: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 11v5M12 8h.01",
  send: "m4 12 16-8-6 16-3-7-7-1Z",
  mic: "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM5 11a7 7 0 0 0 14 0M12 18v3",
  stop: "M7 7h10v10H7z",
  close: "M6 6l12 12M18 6 6 18",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.500 9h.01",
  file: "M6 3h8l4 4v14H6zM14 3v4h4",
  pin: "M12 21s7-6.200 7-11a7 7 0 0 0-14 0c0 4.800 7 11 7 11ZM12 8a2 2 0 1 0 0 4 2 2 0 0 0 0-4Z",
  person: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM4 20c1-4 4-5 8-5s7 1 8 5",
  sticker: "M4 4h16v10l-6 6H4zM14 20v-6h6M9 9h.01M15 9h.01M9 13c1.500 1.500 4.500 1.500 6 0",
  spark: "M12 3l2 6 6 3-6 3-2 6-2-6-6-3 6-3z",
  reply: "M9 7 4 12l5 5M4 12h10c4 0 6 2 6 6",
  smile: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM8.500 14c2 2.500 5 2.500 7 0M9 9.500h.01M15 9.500h.01",
  clock: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16ZM12 8v4l3 2",
  check: "m5 12.500 4.500 4.500L19 7.500",
  checks: "m2 12.500 4.500 4.500L15 8M11 15.500l1.500 1.500L22 7.500",
  retry: "M20 11a8 8 0 1 0-2.300 6.300M20 5v6h-6",
  alert: "M12 4 3 20h18zM12 10v4M12 17h.01",
  play: "M8 5v14l11-7z",
  pause: "M8 5v14M16 5v14",
  power: "M12 4v8M7 7a7 7 0 1 0 10 0",
  forward: "m15 7 5 5-5 5M20 12H10c-4 0-6 2-6 6",
  open: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
  phone: "M6 4h4l1.500 5-2.500 1.500a11 11 0 0 0 4.500 4.500L15 12.500l5 1.500v4a2 2 0 0 1-2 2A14 14 0 0 1 4 6a2 2 0 0 1 2-2Z",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  list: "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
};

export function icon(name, className = "") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `svg ${className}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
