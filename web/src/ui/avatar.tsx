import { UsersRound, UserRound } from "lucide-react";
import { useState } from "react";
import { cx } from "@/lib/cx";
import { initials, tone } from "@/lib/people";

interface AvatarProps {
  name: string;
  /** What decides the colour: the id, so that a new name keeps it. */
  seed: string;
  url?: string | null;
  group?: boolean;
  size?: "xs" | "sm" | "md" | "lg";
  online?: boolean;
}

const SIZE = { xs: "size-5 text-[9px]", sm: "size-8 text-xs", md: "size-11 text-base", lg: "size-16 text-xl" };

export function Avatar({ name, seed, url, group, size = "md", online }: AvatarProps) {
  const [broken, setBroken] = useState<string | null>(null);
  const color = tone(seed);
  const letters = initials(name);
  return (
    <span className="relative inline-flex shrink-0" aria-hidden="true">
      <span
        className={cx("inline-flex items-center justify-center overflow-hidden rounded-full font-semibold select-none", SIZE[size])}
        style={{ background: `var(--tone-${color})`, color: `var(--tone-ink-${color})` }}
      >
        {url && broken !== url ? (
          <img src={url} alt="" className="size-full object-cover" loading="lazy" onError={() => setBroken(url)} />
        ) : group ? (
          <UsersRound className="size-1/2" />
        ) : letters === "" ? (
          <UserRound className="size-1/2" />
        ) : (
          // Drawn, not written: the name stands beside it, and nobody should hear or copy the letters.
          <span data-letters={letters} className="before:content-[attr(data-letters)]" />
        )}
      </span>
      {online && (
        <span className={cx("absolute -end-px -bottom-px rounded-full bg-[#2a9d5c] ring-2 ring-surface", size === "xs" ? "size-1.5" : "size-2.5")} />
      )}
    </span>
  );
}
