document.addEventListener('click', (event) => {
    const link = event.target.closest && event.target.closest('a[href*="#cite-"]');
    if (!link) return;
    event.preventDefault();
    trigger('click', {cite: link.getAttribute('href').split('#cite-')[1]});
});
