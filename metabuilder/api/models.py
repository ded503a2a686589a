"""IdempotentAnswer: what a write answered, so that its repeat gets the same."""

from django.db import models


class IdempotentAnswer(models.Model):
    """One answered call. Written in the transaction of the call itself: a call that failed leaves no row and may be repeated."""

    token_id = models.BigIntegerField()
    key = models.CharField(max_length=255)
    route = models.CharField(max_length=500, help_text="method and path")
    body_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.JSONField(null=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token_id", "key", "route"], name="answered_once")]
        indexes = [models.Index(fields=["created_at"], name="answer_oldest")]  # forgetting

    def __str__(self) -> str:
        return f"{self.route} {self.key}"
