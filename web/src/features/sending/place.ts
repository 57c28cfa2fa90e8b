/** Coordinates out of what people have at hand: a pair of numbers, or a link of a map. Pure. */

export interface Place {
  latitude: number;
  longitude: number;
}

const NUMBER = String.raw`(-?\d{1,3}(?:\.\d+)?)`;

/** In the order of certainty: what names itself, the pin, the middle of the map, a bare pair. */
const FORMS = [
  new RegExp(`[?&#]mlat=${NUMBER}&mlon=${NUMBER}`),
  new RegExp(`!3d${NUMBER}!4d${NUMBER}`),
  new RegExp(`[?&](?:q|ll|query|destination|center)=(?:loc:)?${NUMBER}(?:,|%2C)${NUMBER}`),
  new RegExp(`@${NUMBER},${NUMBER}`),
  new RegExp(`#map=\\d+/${NUMBER}/${NUMBER}`),
  new RegExp(`geo:${NUMBER},${NUMBER}`),
  new RegExp(`^\\s*${NUMBER}\\s*[,; ]\\s*${NUMBER}\\s*$`),
];

export function placeIn(text: string): Place | null {
  for (const form of FORMS) {
    const found = form.exec(text);
    const [latitude, longitude] = [Number(found?.[1]), Number(found?.[2])];
    if (found && Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180) return { latitude, longitude };
  }
  return null;
}
