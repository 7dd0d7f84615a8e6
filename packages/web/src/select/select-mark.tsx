import type { ButtonHTMLAttributes } from 'react';
import style from './select-mark.module.css';

interface SelectMarkProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly label: string;
  readonly shortcut?: string;
  readonly isChecked: boolean;
  /** Whether Tab reaches it. */
  readonly isTabStop: boolean;
}

/** Selects a picture or the pictures of a day. Without icons: a grid has a hundred of them. */
export function SelectMark({ label, shortcut, isChecked, isTabStop, ...rest }: SelectMarkProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: an input would keep its state by itself.
    <button
      type="button"
      className={style['mark']}
      role="checkbox"
      aria-checked={isChecked}
      aria-label={label}
      aria-keyshortcuts={shortcut}
      title={shortcut === undefined ? label : `Select (${shortcut})`}
      tabIndex={isTabStop ? 0 : -1}
      {...rest}
    />
  );
}
