<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:insurance.answer:v1" xmlns="urn:renkei:welfare.insurance_answer:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:answer">
    <answer>
      <inquiry_number><xsl:value-of select="i:inquiry_number"/></inquiry_number>
      <addressee_number><xsl:value-of select="i:addressee_number"/></addressee_number>
      <reference_date><xsl:value-of select="i:reference_date"/></reference_date>
      <status><xsl:value-of select="i:status"/></status>
      <xsl:if test="i:health_insurer_number">
        <health_insurer_number><xsl:value-of select="i:health_insurer_number"/></health_insurer_number>
      </xsl:if>
      <xsl:if test="i:insured_mark">
        <insured_mark><xsl:value-of select="i:insured_mark"/></insured_mark>
      </xsl:if>
      <xsl:if test="i:acquired_on">
        <acquired_on><xsl:value-of select="i:acquired_on"/></acquired_on>
      </xsl:if>
      <xsl:if test="i:lost_on">
        <lost_on><xsl:value-of select="i:lost_on"/></lost_on>
      </xsl:if>
      <answered_at><xsl:value-of select="i:answered_at"/></answered_at>
    </answer>
  </xsl:template>
</xsl:stylesheet>
