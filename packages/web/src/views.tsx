import { Images, type LucideIcon, Trash2 } from 'lucide-react';
import type { MouseEvent } from 'react';
import { type Address, currentAddress, go, hrefOf, useAddress } from './address.ts';
import { useSession } from './session/session.tsx';

/** Links to the views that the caller may see. `onChoose` runs before the view changes. */
export function Views({ onChoose }: { readonly onChoose?: () => void }) {
  const { view } = useAddress();
  const { info, mayChange, mayRead } = useSession();
  const link = (to: Address['view'], label: string, Icon: LucideIcon) => (
    <a
      href={hrefOf({ view: to, image: undefined })}
      aria-current={view === to ? 'page' : undefined}
      onClick={(event) => {
        onChoose?.();
        openView(to, event);
      }}
    >
      <Icon size={20} strokeWidth={1.75} aria-hidden />
      {label}
    </a>
  );
  return (
    <>
      {mayRead && link('photos', 'Photos', Images)}
      {mayChange && info.trash_days > 0 && link('trash', 'Trash', Trash2)}
    </>
  );
}

/** Of a link: a click with a key opens another tab, as everywhere. In the view itself it leads to the top. */
export function openView(view: Address['view'], event: MouseEvent): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (currentAddress().view === view) scrollTo({ top: 0, behavior: 'instant' });
  go({ view, image: undefined });
}
