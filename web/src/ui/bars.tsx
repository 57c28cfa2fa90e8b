import { cx } from "@/lib/cx";

const LEAST = 12;

/** The shape of a sound, loudness per bar from 0 to 1; what has been played is coloured. */
export function Bars({ shape, share, className }: { shape: readonly number[]; share: number; className?: string }) {
  return (
    <span className={cx("flex h-full w-full items-center gap-[2px]", className)} aria-hidden="true">
      {shape.map((height, index) => (
        <span
          key={index}
          className={index / shape.length < share ? "grow rounded-full bg-accent" : "grow rounded-full bg-black/25 dark:bg-white/30"}
          style={{ height: `${Math.max(LEAST, height * 100)}%` }}
        />
      ))}
    </span>
  );
}
