import { t } from "@/i18n";
import { cx } from "@/lib/cx";

export const COLORS = ["#c2571f", "#c99211", "#5b8c2a", "#1d9a6c", "#1789a6", "#3f6fd8", "#8257c9", "#c2457f"];

interface ColorProps {
  value: string;
  onChange: (color: string) => void;
}

/** The colour by which people tell the numbers apart in the list. */
export function ColorField({ value, onChange }: ColorProps) {
  return (
    <fieldset>
      <legend className="mb-1.5 text-sm font-medium text-ink-2">{t("accounts.color")}</legend>
      <div className="flex flex-wrap gap-2">
        {COLORS.map((color, index) => (
          <label
            key={color}
            className={cx("size-8 cursor-pointer rounded-full border-[3px] border-surface", value === color && "ring-2 ring-ink")}
            style={{ background: color }}
          >
            <input
              type="radio"
              name="color"
              className="sr-only"
              checked={value === color}
              onChange={() => onChange(color)}
              aria-label={t("accounts.colorNumber", { n: index + 1 })}
            />
          </label>
        ))}
      </div>
    </fieldset>
  );
}
