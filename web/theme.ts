/** Sets the colours before anything is painted: a classic script in the head, as inline scripts are not allowed. */
(() => {
  try {
    const theme = localStorage.getItem('theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch {
    // Storage may be blocked; the system decides then.
  }
})();
