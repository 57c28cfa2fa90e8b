import { type ComponentProps, type ReactNode, useId } from "react";
import { cx } from "@/lib/cx";

interface FieldProps {
  label: string;
  hint?: ReactNode;
  error?: string | null | undefined;
  /** Gets the ids and the state that tie the control to its label, hint and error. */
  children: (props: { id: string; "aria-describedby": string | undefined; "aria-invalid": boolean }) => ReactNode;
}

export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className="space-y-1.5">
      <label htmlFor={id} className="block text-sm font-medium text-ink-2">
        {label}
      </label>
      {children({ id, "aria-describedby": note ? `${id}-note` : undefined, "aria-invalid": Boolean(error) })}
      {note && (
        <p id={`${id}-note`} className={cx("text-sm", error ? "text-danger" : "text-ink-3")}>
          {note}
        </p>
      )}
    </div>
  );
}

interface TextFieldProps extends Omit<ComponentProps<"input">, "id"> {
  label: string;
  hint?: ReactNode;
  error?: string | null | undefined;
}

export function TextField({ label, hint, error, className, ...rest }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => <input dir="auto" {...ids} {...rest} className={cx("control", className)} />}
    </Field>
  );
}

interface SelectFieldProps extends Omit<ComponentProps<"select">, "id"> {
  label: string;
  hint?: ReactNode;
  error?: string | null | undefined;
}

export function SelectField({ label, hint, error, className, children, ...rest }: SelectFieldProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => (
        <select {...ids} {...rest} className={cx("control", className)}>
          {children}
        </select>
      )}
    </Field>
  );
}

interface SwitchProps {
  label: string;
  hint?: string;
  checked: boolean;
  disabled?: boolean;
  onChange: (on: boolean) => void;
}

export function Switch({ label, hint, checked, disabled, onChange }: SwitchProps) {
  const id = useId();
  return (
    <div className="flex items-start justify-between gap-4">
      <label htmlFor={id} className="min-w-0 grow">
        <span className="block font-medium">{label}</span>
        {hint && <span className="mt-0.5 block text-sm text-ink-3">{hint}</span>}
      </label>
      <input
        id={id}
        type="checkbox"
        role="switch"
        aria-checked={checked}
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.target.checked)}
        className={cx(
          "relative mt-0.5 h-6 w-10 shrink-0 cursor-pointer appearance-none rounded-full bg-line-strong transition-colors",
          "checked:bg-accent disabled:cursor-default disabled:opacity-50",
          "before:absolute before:start-0.5 before:top-0.5 before:size-5 before:rounded-full before:bg-surface",
          "before:transition-[inset-inline-start] checked:before:start-[18px]",
        )}
      />
    </div>
  );
}
