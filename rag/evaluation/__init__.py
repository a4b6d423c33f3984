"""How well an index answers: questions whose answers are known → figures, by language and all together."""

from rag.evaluation.evaluation import evaluate
from rag.evaluation.measured import Corpus, Evaluation
from rag.evaluation.questions import BadLine, Question, QuestionFile, read_questions
from rag.evaluation.results import Miss, Result

__all__ = [
    "BadLine",
    "Corpus",
    "Evaluation",
    "Miss",
    "Question",
    "QuestionFile",
    "Result",
    "evaluate",
    "read_questions",
]
