import type { LucideIcon } from 'lucide-react';
import type { ButtonHTMLAttributes, Ref } from 'react';
import style from './button.module.css';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly icon?: LucideIcon;
  /** The one next action of a view. */
  readonly isMain?: boolean;
  readonly ref?: Ref<HTMLButtonElement>;
}

/** One that may have the focus is `aria-disabled` while it can't be used: a disabled one would lose it. */
export function Button({ icon: Icon, isMain = false, className = '', children, ...rest }: ButtonProps) {
  return (
    <button type="button" className={`${style['button']} ${isMain ? style['main'] : ''} ${className}`} {...rest}>
      {Icon && <Icon size={20} strokeWidth={1.75} aria-hidden />}
      {children}
    </button>
  );
}

interface IconButtonProps extends Omit<ButtonProps, 'children' | 'icon' | 'isMain'> {
  readonly icon: LucideIcon;
  /** The accessible name, and the tooltip. */
  readonly label: string;
  /** Shown in the tooltip, such as `u`. */
  readonly shortcut?: string;
}

export function IconButton({ icon: Icon, label, shortcut, className = '', ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      className={`${style['icon']} ${className}`}
      aria-label={label}
      aria-keyshortcuts={shortcut}
      title={shortcut === undefined ? label : `${label} (${shortcut})`}
      {...rest}
    >
      <Icon size={20} strokeWidth={1.75} aria-hidden />
    </button>
  );
}
