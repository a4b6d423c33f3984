"""What the page shows: answers, articles and the collection as HTML, in the words of a language."""
