import { Images, type LucideIcon, Trash2 } from 'lucide-react';
import type { MouseEvent } from 'react';
import { currentRoute, go, hrefOf, type Route, toView, useRoute } from './routes.ts';
import { useSession } from './session/session.tsx';

/** Links to the views that the caller may see. `onChoose` runs before the view changes. */
export function Views({ onChoose }: { readonly onChoose?: () => void }) {
  const { view } = useRoute();
  const { info, mayChange, mayRead } = useSession();
  const link = (to: Route, label: string, Icon: LucideIcon) => (
    <a
      href={hrefOf(to)}
      aria-current={view === to.view ? 'page' : undefined}
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
      {mayRead && link(toView('photos'), 'Photos', Images)}
      {mayChange && info.trash_days > 0 && link(toView('trash'), 'Trash', Trash2)}
    </>
  );
}

/** Follows a link: a click with a key opens another tab, as everywhere. In the view itself it leads to the top. */
export function openView(to: Route, event: MouseEvent): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (currentRoute().view === to.view) scrollTo({ top: 0, behavior: 'instant' });
  go(to);
}
