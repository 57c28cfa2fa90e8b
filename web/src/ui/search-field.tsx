/** A field to search a list with. */
import { Search } from "lucide-react";

interface SearchFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  className?: string;
}

export function SearchField({ label, value, onChange, className = "" }: SearchFieldProps) {
  return (
    <label className={`control flex! items-center gap-2 py-0! ${className}`}>
      <Search className="size-4 shrink-0 text-ink-3" aria-hidden="true" />
      <input
        type="search"
        dir="auto"
        aria-label={label}
        placeholder={label}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className="h-9.5 min-w-0 grow bg-transparent outline-none"
      />
    </label>
  );
}
